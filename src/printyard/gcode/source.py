"""The plain G-code out of a stored file, packed, binary or plain, and the proof that it is whole.

What a file is, its first bytes say; its name is only a promise, which shows that an empty file was cut off.
"""

import hashlib
import io
import os
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from printyard.gcode.bgcode import MAGIC, PlainStream
from printyard.gcode.container import DEFAULT_CAPS, Caps, ContainerError, Content, Meter, SourceKind
from printyard.gcode.gunzip import Gunzip
from printyard.gcode.ufp import ZIP_ERRORS, Archive, UfpExtras

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Sink = Callable[[bytes], object]

_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_PACKED_SUFFIXES = (".gz", ".ufp", ".zip", ".bgcode")
_PEEK = 4096
_CHUNK = 1 << 18

# What unpacking raises on hostile bytes; OSErrors are the disk's and pass.
_STREAM_ERRORS = (zlib.error, *ZIP_ERRORS)


class GcodeSource(io.RawIOBase):
    """A binary stream of plain G-code, which raises ContainerError where the file is broken or passes a cap.

    Reading to the end proves the checksums. Seekable only where the G-code isn't packed. Closes only what it opened.
    """

    def __init__(self, stream: IO[bytes], kind: SourceKind, meter: Meter, archive: Archive | None) -> None:
        self.kind = kind
        self.archive = archive
        self._stream = stream
        self._meter = meter
        self._opened = ExitStack()
        self._start = self._pull(_PEEK)
        _check_text(self._start, kind)
        if kind is SourceKind.GCODE:
            stream.seek(0)
            self._start = b""

    def closes(self, opened: ExitStack) -> None:
        """Take over what is to be closed with this stream."""
        self._opened = opened.pop_all()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self.kind is SourceKind.GCODE

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if not self.seekable():
            raise io.UnsupportedOperation("packed G-code is read from its start")
        return self._stream.seek(offset, whence)

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer).cast("B")
        chunk = self._start or self._pull(len(view))
        taken = chunk[: len(view)]
        if self._start:
            self._start = chunk[len(view) :]
        view[: len(taken)] = taken
        return len(taken)

    def _pull(self, size: int) -> bytes:
        if self.kind is SourceKind.GCODE:
            return self._stream.read(size)
        try:
            chunk = self._stream.read(min(size, self._meter.left))
        except _STREAM_ERRORS as error:
            raise _broken(error) from error
        self._meter.count(len(chunk))
        return chunk

    def close(self) -> None:
        if not self.closed:
            self._opened.close()
        super().close()


def open_gcode(file: Path | str | BinaryIO, name: str = "", caps: Caps = DEFAULT_CAPS) -> GcodeSource:
    """The plain G-code of a .gcode, .gcode.gz, .ufp or .bgcode file: a path, or a seekable stream (which stays open).

    `name` is what the file is called by people. Raises ContainerError, and OSError for the disk's own troubles.
    """
    with ExitStack() as opened:
        raw = _opened(file, opened)
        packed = raw.seek(0, io.SEEK_END)
        raw.seek(0)
        start = raw.read(4)
        raw.seek(0)
        if not start:
            cut = name.lower().endswith(_PACKED_SUFFIXES)
            raise ContainerError("truncated" if cut else "no_model", "The file is empty.")
        meter = Meter(caps, packed)
        archive: Archive | None = None
        stream: IO[bytes] = raw
        if start.startswith(_GZIP):
            kind = SourceKind.GCODE_GZIP
            stream = cast("IO[bytes]", Gunzip(raw))  # Cura packs in pieces, so there may be many members
        elif start.startswith(_ZIP):
            kind = SourceKind.UFP
            archive = Archive(raw, caps)
            opened.callback(archive.close)
            stream = opened.enter_context(archive.open(archive.model))
        elif start.startswith(MAGIC):
            kind = SourceKind.BGCODE
            stream = cast("IO[bytes]", PlainStream(raw, caps))
        else:
            kind = SourceKind.GCODE
            if packed > caps.unpacked_bytes:
                raise ContainerError("too_large", f"The file has more than {caps.unpacked_bytes:,} bytes.")
        source = GcodeSource(stream, kind, meter, archive)
        source.closes(opened)
        return source


def verify(
    file: Path | str | BinaryIO, name: str = "", caps: Caps = DEFAULT_CAPS, *, also: tuple[Sink, ...] = ()
) -> Content:
    """Prove in one pass that the file is whole (lengths, checksums, caps), and name its G-code by hash and length.

    Each of `also` is given every piece of the G-code in order, so that other readers share the pass. Raises
    ContainerError. A gzip file cut exactly between two members can't be told from a whole one.
    """
    digest = hashlib.sha256()
    size = 0
    with open_gcode(file, name, caps) as source:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            for sink in also:
                sink(chunk)
        if source.archive is not None:
            _verify_rest(source.archive)
        return Content(kind=source.kind, sha256=digest.hexdigest(), size=size)


def read_extras(file: Path | str | BinaryIO, caps: Caps = DEFAULT_CAPS) -> UfpExtras:
    """What a UFP holds beside the G-code; empty for other files. Raises ContainerError."""
    with ExitStack() as opened:
        raw = _opened(file, opened)
        raw.seek(0)
        if not raw.read(4).startswith(_ZIP):
            return UfpExtras()
        archive = Archive(raw, caps)
        opened.callback(archive.close)
        return archive.extras()


def _opened(file: Path | str | BinaryIO, opened: ExitStack) -> BinaryIO:
    return opened.enter_context(Path(file).open("rb")) if isinstance(file, str | os.PathLike) else file


def _verify_rest(archive: Archive) -> None:
    model = archive.model
    for member in archive.members:
        if member is model:
            continue
        with archive.open(member) as stream:
            try:
                while stream.read(_CHUNK):
                    pass
            except _STREAM_ERRORS as error:
                raise _broken(error) from error


def _check_text(start: bytes, kind: SourceKind) -> None:
    """Refuse what can't be G-code by its first bytes."""
    if not start:
        raise ContainerError("no_model", "The file holds no G-code: it is empty.")
    if kind is not SourceKind.GCODE and start.startswith((_GZIP, *_ZIP, MAGIC)):
        raise ContainerError("nested", "The file holds another packed file instead of G-code.")
    if b"\0" in start:
        raise ContainerError("no_model", "The file holds no G-code: it is not text.")


def _broken(error: Exception) -> ContainerError:
    if isinstance(error, EOFError):
        return ContainerError("truncated", "The file ends too early: it was cut off.")
    return ContainerError("corrupt", "The file is damaged: it can't be unpacked, or a checksum differs.")
