"""Reading a file that may change meanwhile, and putting another in its place, at once and whole or not at all."""

import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

COPY_BYTES: Final = 1 << 20
_PACKED: Final = (b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06", b"GCDE")


class ProcessError(Exception):
    """The file cannot be processed; the message is a sentence for a person."""


def check_plain(file: BinaryIO) -> None:
    """Raises ProcessError for G-code that is packed: what is in there is processed before it's packed."""
    file.seek(0)
    if file.read(4).startswith(_PACKED):
        raise ProcessError("Only plain G-code can be processed; this file is packed.")


class Unchanged:
    """Remembers how a file was, and says if it has changed since. Raises ProcessError."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        status = os.fstat(file.fileno())
        self._seen = _identity(status)
        self.size = status.st_size
        self.mode = stat.S_IMODE(status.st_mode)

    def check(self) -> None:
        try:
            now = _identity(self._path.stat())
        except FileNotFoundError:
            now = None
        if now != self._seen:
            raise ProcessError("The file has changed while it was processed.")


@contextmanager
def replacing(target: Path, mode: int, checks: Iterable[Callable[[], object] | None]) -> Iterator[BinaryIO]:
    """A new file with these rights, which takes the target's place in the end, if no check raises."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".partial", dir=target.parent)
    draft = Path(name)
    try:
        with open(handle, "wb", buffering=COPY_BYTES) as file:  # noqa: PTH123 - a handle
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(mode)
        for check in checks:
            if check is not None:
                check()
        draft.replace(target)
        _sync_folder(target.parent)
    finally:
        draft.unlink(missing_ok=True)


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
