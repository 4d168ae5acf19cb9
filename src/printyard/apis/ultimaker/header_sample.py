"""As much of an uploaded file as is needed to read its header: its beginning, or all of a packed archive."""

import asyncio
import tempfile

from printyard.core.errors import Invalid, TooLarge
from printyard.gcode.container import ContainerError
from printyard.gcode.header import HEADER_BYTES, HeaderReading, read_header
from printyard.gcode.source import open_gcode

SAMPLE_BYTES = 1024 * 1024
"""Far more than the packed header of any file."""

ARCHIVE_BYTES = 1_000_000_000
IN_MEMORY_BYTES = 4 * 1024 * 1024
ZIP = b"PK"


class HeaderSample:
    """Takes a file's bytes and keeps those that count.

    An archive has its list of contents at its end, so it is kept whole, on disk if it is large.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._kept = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES, mode="r+b")  # noqa: SIM115 - closed by abandon()
        self._start = b""
        self._size = 0

    async def write(self, chunk: bytes) -> None:
        """Raises TooLarge."""
        if len(self._start) < len(ZIP):
            self._start += chunk[: len(ZIP)]
        if not self._start.startswith(ZIP):
            chunk = chunk[: max(0, SAMPLE_BYTES - self._size)]
        self._size += len(chunk)
        if self._size > ARCHIVE_BYTES:
            raise TooLarge(f"The archive has more than {ARCHIVE_BYTES:,} bytes.")
        if self._size > IN_MEMORY_BYTES:
            await asyncio.to_thread(self._kept.write, chunk)
        else:
            self._kept.write(chunk)

    async def reading(self) -> HeaderReading:
        """What the header says. Raises Invalid for a file that is no G-code."""
        return await asyncio.to_thread(self._read)

    def _read(self) -> HeaderReading:
        try:
            with open_gcode(self._kept, self._name) as source:  # type: ignore[arg-type]  # a file in all but name
                start = b""
                while len(start) < HEADER_BYTES and (chunk := source.read(HEADER_BYTES - len(start))):
                    start += chunk
        except ContainerError as error:
            raise Invalid(error.message, code=error.code) from error
        return read_header(start)

    async def abandon(self) -> None:
        """Let go of what was kept."""
        self._kept.close()
