"""The API's description of itself, made from its handlers and their models: OpenAPI 2 and 3."""
