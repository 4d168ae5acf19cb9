"""Names of announced files: kept as they were given, and what the library calls the file."""

from printyard.core.errors import Invalid
from printyard.core.files import NAME_LIMIT

NAMELESS = "unnamed"


def check_name(name: str) -> None:
    """Raises Invalid for an empty or over-long name, and for one with control characters."""
    if not 0 < len(name) <= NAME_LIMIT or not name.strip() or any(character < " " for character in name):
        raise Invalid(f"A file's name has 1 to {NAME_LIMIT} characters, and no control characters.")


def shelf_name(name: str, suffixes: tuple[str, ...] = ()) -> str:
    """What the library calls a file: the last part of its name, without what cannot be seen, with its type's suffix.

    Some clients leave the suffix away, by which readers know what the bytes should hold: it is then the first of
    `suffixes` ("part" and "part.gcode" both become "part.gcode.gz").
    """
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    clean = "".join(character for character in last if character.isprintable()).strip()
    if not clean.strip("."):
        clean = NAMELESS
    if not suffixes or clean.lower().endswith(suffixes):
        return clean[-NAME_LIMIT:]
    suffix = suffixes[0]
    tail = clean[clean.rfind(".") :].lower() if "." in clean else ""
    if tail and suffix.startswith(f"{tail}."):
        suffix = suffix.removeprefix(tail)
    return clean[: NAME_LIMIT - len(suffix)] + suffix
