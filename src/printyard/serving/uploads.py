"""Forms with files: the bytes of a file go from the socket into the store, and are never held in memory."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import msgspec
from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from printyard.core.errors import Incomplete, Invalid, TooLarge
from printyard.core.ports.blobs import Partial
from printyard.serving.asgi import text_header
from printyard.serving.streams import Incoming, check_announced, chunks

MULTIPART = "multipart/form-data"
FIELD_BYTES = 64 * 1024
MAX_PARTS = 100
FORM_OVERHEAD_BYTES = 1024 * 1024
"""What a form may have around its files."""

BOUNDARY_CHARS = 200
DELIMITER_BYTES = 2 * BOUNDARY_CHARS + 8
"""No boundary in UTF-8 with its dashes and line ends is longer."""


class PartHead(msgspec.Struct, frozen=True):
    """The head of a part. `file_name` is as the client wrote it ("" without one): text, never a path."""

    name: str
    file_name: str
    content_type: str


class ReceivedFile(msgspec.Struct, frozen=True):
    """A file part, whole. `partial` holds its bytes: finish it, or it is thrown away."""

    head: PartHead
    partial: Partial
    size: int


class Form(msgspec.Struct, frozen=True):
    """A form that came whole. Of fields of one name the last one counts; `parts` names all parts in their order."""

    fields: dict[str, str]
    files: tuple[ReceivedFile, ...]
    parts: tuple[str, ...]

    def file(self, *names: str) -> ReceivedFile:
        """The first file part of one of these names (of any, without names). Raises Invalid (code "no_file")."""
        for file in self.files:
            if not names or file.head.name in names:
                return file
        raise Invalid(f"the form has no file part {' or '.join(names)}".rstrip(), code="no_file")


Open = Callable[[PartHead], Awaitable[Partial | None]]
"""Gives the place for a part's bytes, or None for a part that is a field."""


def boundary_of(request: Incoming) -> str | None:
    """The boundary of a multipart form; None for another kind of body. Raises Invalid for a form without one."""
    kind, options = parse_options_header(text_header(request.scope, b"content-type"))
    if kind != MULTIPART:
        return None
    boundary = options.get("boundary", "")
    if not boundary or len(boundary) > BOUNDARY_CHARS:
        raise Invalid("the form has no boundary", code="malformed")
    return str(boundary)


@asynccontextmanager
async def received_form(
    request: Incoming, open_part: Open, *, limit: int | None = None, field_limit: int = FIELD_BYTES
) -> AsyncIterator[Form]:
    """A form with its files in the store; when the context ends, what was not finished is abandoned.

    `open_part` is asked once per part; parts for which it gives None are fields of at most `field_limit` bytes.
    Raises Invalid (no form, malformed), TooLarge, Incomplete (cut, or no last boundary), and what `open_part` raises.
    """
    boundary = boundary_of(request)
    if boundary is None:
        raise Invalid("a form (multipart/form-data) is expected here", code="no_form")
    check_announced(request, None if limit is None else limit + FORM_OVERHEAD_BYTES)
    reader = FormReader(open_part, field_limit)
    try:
        yield await reader.read(request, boundary)
    finally:
        await reader.abandon()


class Events:
    """What the parser finds in a form: the head of a part, pieces of its bytes, None at its end.

    Most of a file has no carriage return, so no boundary: such a chunk is a piece as it is, which costs a quarter of
    the parser's search. Where the part states its length, the parser has to count, and sees all.
    """

    def __init__(self, parser: PushMultipartParser) -> None:
        self._parser = parser
        self._counted = False
        self._inside = False

    def of(self, chunk: bytes) -> Iterator[MultipartSegment | bytes | bytearray | None]:
        """The events of the next chunk. Raises MultipartError."""
        if self._inside and b"\r" not in chunk:
            yield chunk
            return
        event = None
        for event in self._parser.parse(chunk):
            if isinstance(event, MultipartSegment):
                self._counted = event.header("Content-Length") is not None
            yield event
        # Then the parser holds nothing back: neither the begin of a boundary nor a line of a head.
        inside = isinstance(event, bytes) and not self._counted
        self._inside = inside and b"\r" not in chunk[-DELIMITER_BYTES:]


class FormReader:
    """Reads one form."""

    def __init__(self, open_part: Open, field_limit: int) -> None:
        self._open = open_part
        self._field_limit = field_limit
        self._fields: dict[str, str] = {}
        self._files: list[ReceivedFile] = []
        self._parts: list[str] = []
        self._partials: list[Partial] = []
        self._head = PartHead("", "", "")
        self._partial: Partial | None = None
        self._size = 0
        self._field = bytearray()

    async def read(self, request: Incoming, boundary: str) -> Form:
        """The whole form."""
        parser = PushMultipartParser(boundary, max_segment_count=MAX_PARTS)
        events = Events(parser)
        try:
            async for chunk in chunks(request):
                for event in events.of(chunk):
                    if isinstance(event, MultipartSegment):
                        await self._begin(event)
                    elif event is None:
                        self._end()
                    else:
                        await self._take(event)
        except ParserLimitReached as error:
            raise TooLarge(f"the form is too large: {error}") from error
        except MultipartError as error:
            raise Invalid(f"the form is malformed: {error}", code="malformed") from error
        try:
            parser.close()
        except MultipartError as error:
            raise Incomplete("the form ends before its last boundary") from error
        return Form(self._fields, tuple(self._files), tuple(self._parts))

    async def abandon(self) -> None:
        """Throw away what was not finished."""
        for partial in self._partials:
            await partial.abandon()

    async def _begin(self, segment: MultipartSegment) -> None:
        self._head = PartHead(segment.name or "", segment.filename or "", segment.content_type or "")
        self._parts.append(self._head.name)
        self._size, self._field = 0, bytearray()
        self._partial = await self._open(self._head)
        if self._partial is not None:
            self._partials.append(self._partial)

    async def _take(self, chunk: bytes | bytearray) -> None:
        self._size += len(chunk)
        if self._partial is not None:
            await self._partial.write(memoryview(chunk))
        elif self._size > self._field_limit:
            raise TooLarge(f"the field {self._head.name[:40]!r} has more than {self._field_limit} bytes")
        else:
            self._field += chunk

    def _end(self) -> None:
        if self._partial is not None:
            self._files.append(ReceivedFile(self._head, self._partial, self._size))
        else:
            self._fields[self._head.name] = self._field.decode("utf-8", "replace")
