"""Pushes what changes: facts that can be resumed, whole statuses, and the differences between them."""
