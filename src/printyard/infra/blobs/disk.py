"""The few disk calls of the store, all of them synchronous: they run in threads, never on the loop."""

import errno
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from printyard.core.errors import StorageFull

FreeBytes = Callable[[Path], int]
"""Bytes that may still be written to the disk of a folder."""

BLOCK_BYTES = 4096
"""Writes past the cache are made of whole blocks: the largest that common disks have."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_DIRECT = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})
_DIRECT = getattr(os, "O_DIRECT", 0) if hasattr(os, "pwrite") else 0
_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700


def free_bytes(folder: Path) -> int:
    """What the disk of `folder` has left for this user."""
    return shutil.disk_usage(folder).free


@contextmanager
def full_disk_told() -> Iterator[None]:
    """Turn the system's word for a full disk or quota into StorageFull."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull("The disk is full.") from error
        raise


def make_folder(folder: Path) -> None:
    """Make a folder that only this user may enter; fine if it is there."""
    folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)


def create(path: Path) -> None:
    """A new, empty file that only this user may read. Raises FileExistsError."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE_FILE))


def write_at(path: Path, offset: int, data: memoryview) -> None:
    """Write all of `data` at `offset` of a file that is there."""
    with path.open("r+b", buffering=0) as file:
        file.seek(offset)
        while data:
            data = data[file.write(data) :]


def write_past_cache(path: Path, offset: int, data: memoryview) -> int:
    """Write at `offset` straight from memory to the disk; how many bytes went, 0 where file system or place refuse it.

    Such a write takes offset, length and address in whole blocks. The rest is to be written as usual.
    """
    if _DIRECT == 0 or offset % BLOCK_BYTES or len(data) % BLOCK_BYTES:
        return 0
    try:
        descriptor = os.open(path, os.O_WRONLY | _DIRECT)
    except OSError as error:
        return _none_written(error)
    try:
        return os.pwrite(descriptor, data, offset)
    except OSError as error:
        return _none_written(error)
    finally:
        os.close(descriptor)


def _none_written(error: OSError) -> int:
    """0 for "not in this way"; other trouble of the disk is raised."""
    if error.errno in _NO_DIRECT:
        return 0
    raise error


def read_at(path: Path, offset: int, size: int) -> bytes:
    """At most `size` bytes from `offset` on; fewer only at the end of the file."""
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(size)


def sync_file(path: Path) -> None:
    """Return when the bytes of a file are on the disk itself."""
    with path.open("r+b", buffering=0) as file:
        _sync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Return when the names in a folder are on the disk itself; Windows has no such call, and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _sync(descriptor)
    finally:
        os.close(descriptor)


def _sync(descriptor: int) -> None:
    if sys.platform == "darwin":
        # There fsync ends at the drive's own cache; this call goes through it.
        from fcntl import F_FULLFSYNC, fcntl

        fcntl(descriptor, F_FULLFSYNC)
    else:
        os.fsync(descriptor)
