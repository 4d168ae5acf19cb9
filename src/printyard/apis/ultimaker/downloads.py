"""The bytes of a print, from the store: as received, or unpacked on the way."""

import asyncio
from contextlib import closing

from printyard.core.model.file import File, FileKind
from printyard.core.ports.blobs import Blobs
from printyard.core.tables import total
from printyard.gcode.source import GcodeSource, open_gcode
from printyard.serving.asgi import Receive, Scope, Send
from printyard.serving.ranges import PIECE_BYTES, Download
from printyard.serving.reply import Reply

MEDIA_TYPES = total(FileKind, {
    FileKind.GCODE: "text/x-gcode",
    FileKind.GCODE_GZIP: "application/gzip",
    FileKind.UFP: "application/x-ufp",
    FileKind.BGCODE: "application/x-bgcode",
    FileKind.BGCODE: "application/x-bgcode",
    FileKind.OTHER: "application/octet-stream",
})  # fmt: skip

SUFFIXES = total(FileKind, {
    FileKind.GCODE: ".gcode",
    FileKind.GCODE_GZIP: ".gcode.gz",
    FileKind.UFP: ".ufp",
    FileKind.BGCODE: ".bgcode",
    FileKind.BGCODE: ".bgcode",
    FileKind.OTHER: "",
})  # fmt: skip


def container_download(blobs: Blobs, file: File) -> Reply:
    """The file as it was received."""
    blob = file.blob

    async def read(offset: int, size: int) -> bytes:
        return await blobs.read(blob, offset, size)

    return Download(
        size=blob.size, read=read, file_name=download_name(file, blob.kind), etag=blob.sha256,
        media_type=MEDIA_TYPES[blob.kind],
    ).reply()  # fmt: skip


def gcode_download(blobs: Blobs, file: File) -> Reply:
    """Its G-code, unpacked in a thread while it is sent."""
    blob = file.blob

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async with blobs.local(blob) as path:
            with closing(await asyncio.to_thread(open_gcode, path)) as source:
                download = Download(
                    size=blob.content_size, read=Unpacking(source).read, file_name=download_name(file, FileKind.GCODE),
                    etag=blob.content_sha256, media_type=MEDIA_TYPES[FileKind.GCODE],
                )  # fmt: skip
                await download(scope, receive, send)

    return Reply(app)


class Unpacking:
    """Reads forward in G-code of which only the beginning can be found at once."""

    def __init__(self, source: GcodeSource) -> None:
        self._source, self._position = source, 0

    async def read(self, offset: int, size: int) -> bytes:
        """Bytes at an offset that is not before the last one's end."""
        return await asyncio.to_thread(self._read, offset, size)

    def _read(self, offset: int, size: int) -> bytes:
        while self._position < offset and (skipped := self._source.read(min(PIECE_BYTES, offset - self._position))):
            self._position += len(skipped)
        piece = self._source.read(size) or b""
        self._position += len(piece)
        return piece


def download_name(file: File, kind: FileKind) -> str:
    """The file's name with the one suffix of its kind."""
    stem = file.name
    for suffix in (".gz", ".gcode", ".ufp", ".bgcode"):
        stem = stem[: -len(suffix)] if stem.lower().endswith(suffix) and len(stem) > len(suffix) else stem
    return stem + SUFFIXES[kind]
