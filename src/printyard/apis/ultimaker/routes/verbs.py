"""The kinds of operations of this API, so that each handler says no more than its path."""

from functools import partial
from typing import Any

import msgspec
from litestar import Response, delete, get, post, put
from litestar.enums import MediaType


def operation(_: Any, method: Any, path: list[Any]) -> str:  # noqa: ANN401 - Litestar's own kinds
    """The name of an operation in the API's description: unique, also where only the case of a word differs."""
    return "_".join([str(method).lower(), *(part if isinstance(part, str) else part.name for part in path)])


class Quoted(Response[Any]):
    """A value in JSON, also a bare text: Litestar would leave out its quotes."""

    def render(self, content: Any, *_: Any) -> bytes:  # noqa: ANN401
        """The body's bytes."""
        return content if isinstance(content, bytes) else msgspec.json.encode(content)


read = partial(get, operation_id=operation, media_type=MediaType.JSON, response_class=Quoted)
"""Answers a value in JSON: a bare text is quoted, as the document's examples are."""

write = partial(put, operation_id=operation, status_code=204)
"""Sets something; answers nothing."""

write_answered = partial(put, operation_id=operation, status_code=200, media_type=MediaType.JSON)
"""Sets something; answers JSON, since a client in use reads it."""

act = partial(post, operation_id=operation, status_code=204)
"""Does something; answers nothing."""

act_answered = partial(post, operation_id=operation, status_code=200, media_type=MediaType.JSON)
"""Does something; answers JSON."""

remove = partial(delete, operation_id=operation, status_code=204)
"""Takes something away."""
