"""The kinds of operations of this API, so that each handler says no more than its path."""

from functools import partial

from litestar import delete, get, post, put
from litestar.enums import MediaType

read = partial(get, media_type=MediaType.JSON)
"""Answers a value in JSON."""

write = partial(put, status_code=204)
"""Changes something; answers nothing, since Cura reads nothing."""

act = partial(post, status_code=204)
"""Does something; answers nothing."""

make = partial(post, status_code=201, media_type=MediaType.JSON)
"""Takes something in; answers what it became."""

store = partial(post, status_code=200, media_type=MediaType.JSON)
"""Takes something in, with the one status that Cura counts as success."""

remove = partial(delete, status_code=204)
"""Takes something away."""
