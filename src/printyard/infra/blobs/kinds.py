"""What an uploaded file is, and whether it is whole. Synchronous: a packed file is unpacked on the way."""

from pathlib import Path
from typing import NamedTuple

from printyard.core.errors import Invalid
from printyard.core.model.file import FileKind
from printyard.core.tables import total
from printyard.gcode.archives import check_archive
from printyard.gcode.container import ContainerError, SourceKind
from printyard.gcode.source import open_gcode, verify

_KINDS = total(
    SourceKind,
    {
        SourceKind.GCODE: FileKind.GCODE,
        SourceKind.GCODE_GZIP: FileKind.GCODE_GZIP,
        SourceKind.UFP: FileKind.UFP,
        SourceKind.BGCODE: FileKind.BGCODE,
    },
)

_ARCHIVE = b"PK\x03\x04"
_PLAIN_SUFFIXES = (".gcode", ".gco", ".g", ".gc", ".nc", ".ngc", ".bgcode")
_PRINTABLE_SUFFIXES = (*_PLAIN_SUFFIXES, ".gz", ".ufp")


class Contents(NamedTuple):
    """The kind of a file; SHA-256 and length of its unpacked G-code ("" and 0 where it has none)."""

    kind: FileKind
    sha256: str
    size: int


_OTHER = Contents(FileKind.OTHER, "", 0)


def contents(path: Path, name: str, sha256: str, size: int) -> Contents:
    """What a stored file with these bytes (hash and length as received) holds.

    A name without a suffix promises nothing, one like part.gcode promises G-code. Raises Invalid with the container's
    code for a damaged file, and for one that does not hold what its name promises.
    """
    suffix = Path(name.lower().replace("\\", "/").rpartition("/")[2]).suffix
    try:
        with open_gcode(path, name) as source:
            plain = source.kind is SourceKind.GCODE
        if plain:
            # Any text looks like G-code, so here the name decides; the hash of the bytes is that of the G-code.
            return Contents(FileKind.GCODE, sha256, size) if suffix in ("", *_PLAIN_SUFFIXES) else _OTHER
        found = verify(path, name)
    except ContainerError as error:
        if error.code == "no_model" and suffix not in _PRINTABLE_SUFFIXES:
            _check_members(path)
            return _OTHER
        raise Invalid(error.message, code=error.code) from error
    return Contents(_KINDS[found.kind], found.sha256, found.size)


def _check_members(path: Path) -> None:
    """Read an archive that is no print (3MF, office documents, profiles) to its end. Raises Invalid."""
    try:
        with path.open("rb") as file:
            if file.read(len(_ARCHIVE)) == _ARCHIVE:
                file.seek(0)
                check_archive(file)
    except ContainerError as error:
        raise Invalid(error.message, code=error.code) from error
