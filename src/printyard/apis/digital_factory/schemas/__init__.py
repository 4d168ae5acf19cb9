"""The models of this API, by the names that the document has for them."""
