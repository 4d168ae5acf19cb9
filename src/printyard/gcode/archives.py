"""Zip archives beside UFP: whether one is whole, and the small members that it holds. Names never become paths."""

from typing import BinaryIO

from printyard.gcode.container import DEFAULT_CAPS, Caps, ContainerError, Meter
from printyard.gcode.ufp import ZIP_ERRORS, Archive

_CHUNK = 1 << 18


def check_archive(raw: BinaryIO, caps: Caps = DEFAULT_CAPS) -> None:
    """Read every member to its end, by which its checksum is proved. Raises ContainerError."""
    archive = Archive(raw, caps)
    meter = Meter(caps, archive.packed)
    try:
        for member in archive.members:
            with archive.open(member) as stream:
                while chunk := stream.read(min(_CHUNK, meter.left)):
                    meter.count(len(chunk))
    except ZIP_ERRORS as error:
        raise ContainerError("corrupt", "The archive is damaged.") from error
    finally:
        archive.close()


def members_named(raw: BinaryIO, suffix: str, caps: Caps = DEFAULT_CAPS) -> list[bytes]:
    """The members whose names end so (lower-case), in the directory's order. Raises ContainerError.

    Together they are held in memory: the caps on members, entries and ratio bound that.
    """
    archive = Archive(raw, caps)
    meter = Meter(caps, archive.packed)
    found = []
    try:
        for member in archive.members:
            if member.filename.lower().endswith(suffix):
                meter.count(member.file_size)
                found.append(archive.read(member))
    finally:
        archive.close()
    return found
