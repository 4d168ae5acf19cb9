"""Programs that run inside of Cura, not here: they are handed out with the yard's address in them.

Cura 4.x brings Python 3.8 or older, and nothing of the yard: so they use the standard library, and nothing newer.
"""
