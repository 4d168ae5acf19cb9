"""Serving: the ASGI parts that every door needs and no door owns."""
