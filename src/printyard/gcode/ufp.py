"""UltiMaker Format Packages (.ufp): zip archives by the Open Packaging Conventions, with G-code, picture and profiles.

Member names begin with a slash where libCharon wrote them, and without one elsewhere; OPC compares them without regard
to case. Names are only ever compared and never become paths.
"""

import io
import json
import struct
import zipfile
import zlib
from typing import IO, BinaryIO, cast

import msgspec

from printyard.gcode.container import Caps, ContainerError, Meter

MODEL = "3d/model.gcode"
THUMBNAIL = "metadata/thumbnail.png"
GLOBAL = "metadata/ufp_global.json"
MATERIAL_FOLDER = "materials/"
MATERIAL_SUFFIX = ".xml.fdm_material"

_END_RECORD = b"PK\x05\x06"
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DIRECTORY_TAIL = 1 << 17
"""The end record, its comment (64 KiB at most) and the zip64 records, which zipfile reads before the directory."""
_DIRECTORY_ENTRY = 1 << 10
"""Bytes of directory granted to each entry: 46, its name and its extra fields."""

# What zipfile raises on hostile bytes (found by fuzzing), beside BadZipFile.
ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)


class UfpExtras(msgspec.Struct, frozen=True, kw_only=True):
    """What comes beside the model: the picture (PNG bytes, unchecked), material profiles, names of the objects."""

    thumbnail: bytes | None = None
    materials: tuple[bytes, ...] = ()
    object_names: tuple[str, ...] = ()


class _Guarded(io.RawIOBase):
    """The archive's file; while `budget` is set, zipfile may not read more: it takes the directory in one gulp."""

    def __init__(self, raw: BinaryIO, length: int, budget: int) -> None:
        self._raw = raw
        self._length = length
        self.budget: int | None = budget

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence == io.SEEK_SET and offset < 0:  # a file on disk would raise OSError, as if the disk were to blame
            raise ValueError("a member lies before the archive's begin")
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        return self._raw.tell()

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            size = self._length - self._raw.tell()
        if self.budget is not None:
            self.budget -= size
            if self.budget < 0:
                raise ContainerError("too_many_entries", "The archive's directory is too long for a UFP.")
        return self._raw.read(size)


class Archive:
    """An open UFP. Not safe for use by two threads at once."""

    def __init__(self, raw: BinaryIO, caps: Caps) -> None:
        """Read the directory of `raw`, seekable and at its start; raises ContainerError."""
        self._caps = caps
        self.packed = raw.seek(0, io.SEEK_END)
        guarded = _Guarded(raw, self.packed, _DIRECTORY_TAIL + caps.entries * _DIRECTORY_ENTRY)
        try:
            self._zip = zipfile.ZipFile(cast("IO[bytes]", guarded))
        except ZIP_ERRORS as error:
            raw.seek(max(0, self.packed - _DIRECTORY_TAIL))
            if _END_RECORD not in raw.read(_DIRECTORY_TAIL):
                raise ContainerError("truncated", "The archive has no directory: the file was cut off.") from error
            raise _damaged(error) from error
        guarded.budget = None
        self._members = self._zip.infolist()
        self._check_members()
        self._by_name: dict[str, zipfile.ZipInfo] = {}
        for member in self._members:
            if self._by_name.setdefault(_part_name(member), member) is not member:
                raise ContainerError("corrupt", "The archive holds two members of the same name.")

    def _check_members(self) -> None:
        if len(self._members) > self._caps.entries:
            raise ContainerError("too_many_entries", f"The archive has more than {self._caps.entries} members.")
        if any(member.flag_bits & _ENCRYPTED for member in self._members):
            raise ContainerError("encrypted", "The archive is encrypted.")
        if any(member.compress_type not in _METHODS for member in self._members):
            raise ContainerError("corrupt", "The archive is packed by a method that a UFP doesn't use.")
        meter = Meter(self._caps, self.packed)
        for member in self._members:
            meter.count(member.file_size)

    @property
    def members(self) -> list[zipfile.ZipInfo]:
        """Every member, in the directory's order."""
        return self._members

    @property
    def model(self) -> zipfile.ZipInfo:
        """The member that holds the G-code; raises ContainerError `no_model`."""
        if (found := self._by_name.get(MODEL)) is None:
            raise ContainerError("no_model", "The archive holds no /3D/model.gcode: it is no UFP.")
        return found

    def open(self, member: zipfile.ZipInfo) -> IO[bytes]:
        """A stream of the member's bytes, which checks the CRC at its end; it raises ZIP_ERRORS."""
        try:
            return self._zip.open(member)
        except ZIP_ERRORS as error:
            raise _damaged(error) from error

    def read(self, member: zipfile.ZipInfo) -> bytes:
        """The bytes of a small member; raises ContainerError, `too_large` beyond the cap on members."""
        if member.file_size > self._caps.member_bytes:
            raise ContainerError("too_large", f"A member has more than {self._caps.member_bytes:,} bytes.")
        with self.open(member) as stream:
            try:
                return stream.read(self._caps.member_bytes)
            except ZIP_ERRORS as error:
                raise _damaged(error) from error

    def extras(self) -> UfpExtras:
        """Picture, profiles and object names; raises ContainerError. What is absent or no valid JSON is left out."""
        thumbnail, about = self._by_name.get(THUMBNAIL), self._by_name.get(GLOBAL)
        profiles = [
            member
            for name, member in self._by_name.items()
            if name.startswith(MATERIAL_FOLDER) and name.endswith(MATERIAL_SUFFIX)
        ]
        return UfpExtras(
            thumbnail=self.read(thumbnail) if thumbnail else None,
            materials=tuple(self.read(member) for member in profiles),
            object_names=_object_names(self.read(about)) if about else (),
        )

    def close(self) -> None:
        self._zip.close()


def _part_name(member: zipfile.ZipInfo) -> str:
    return member.filename.lstrip("/").lower()


def _damaged(error: Exception) -> ContainerError:
    if isinstance(error, EOFError):
        return ContainerError("truncated", "The archive ends in the middle of a member.")
    return ContainerError("corrupt", "The archive is damaged.")


def _object_names(document: bytes) -> tuple[str, ...]:
    """The names in `{"metadata": {"objects": [{"name": ...}]}}`, as Cura's UFPWriter plug-in writes it."""
    try:
        parsed = json.loads(document)
    except (ValueError, RecursionError):
        return ()
    metadata = parsed.get("metadata") if isinstance(parsed, dict) else None
    objects = metadata.get("objects") if isinstance(metadata, dict) else None
    if not isinstance(objects, list):
        return ()
    named = (entry.get("name") for entry in objects if isinstance(entry, dict))
    return tuple(name for name in named if isinstance(name, str))
