"""The flash memory of a virtual printer: what was asked of it and what befell it, each with its instant.

A file of JSON lines, appended and synced before anybody is told that it happened; the state is computed from it. The
last line of a killed server may be torn: it was promised to nobody, and is dropped. A checkpoint replaces all lines
before it.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from printyard.core.commands import COMMANDS, Command
from printyard.core.model.file import Blob
from printyard.drivers.virtual.condition import Condition, Outline

NAME = "journal.jsonl"
_BY_WORD = {command.word: command for command in COMMANDS}


class Entry(Struct, frozen=True, kw_only=True, tag_field="what"):
    """Something that happened to the printer at an instant of the yard's clock."""

    at: int


class Rested(Entry, frozen=True, kw_only=True, tag="rested"):
    """A checkpoint, and the birth of a printer: all that it was at this instant."""

    condition: Condition


class Ordered(Entry, frozen=True, kw_only=True, tag="ordered"):
    """An accepted command, in the fields of its kind; a start of a print has its reference and the file's header."""

    word: str
    fields: dict[str, Any]
    ref: str = ""
    outline: Outline | None = None

    def command(self) -> Command:
        """The command as it was given."""
        return msgspec.convert(self.fields, _BY_WORD[self.word])


class Sped(Entry, frozen=True, kw_only=True, tag="sped"):
    """Its clock runs at another speed from now on."""

    speed: float


class Struck(Entry, frozen=True, kw_only=True, tag="struck"):
    """A trouble came. `tool` is -1 for the bed; `seconds` 0: until it is mended; `amount` is the kind's own."""

    kind: str
    tool: int = 0
    seconds: float = 0.0
    amount: float = 0.0


class Mended(Entry, frozen=True, kw_only=True, tag="mended"):
    """A trouble was ended."""

    kind: str


class Pressed(Entry, frozen=True, kw_only=True, tag="pressed"):
    """Somebody used the panel; a start has the file."""

    button: str
    ref: str = ""
    name: str = ""
    blob: Blob | None = None
    outline: Outline | None = None


class Updating(Entry, frozen=True, kw_only=True, tag="updating"):
    """A firmware update began."""

    version: str


class Wireless(Entry, frozen=True, kw_only=True, tag="wireless"):
    """A wireless network was joined, or forgotten. The passphrase is kept nowhere."""

    ssid: str
    joined: bool


class Located(Entry, frozen=True, kw_only=True, tag="located"):
    """The country was set."""

    country: str


class Locked(Entry, frozen=True, kw_only=True, tag="locked"):
    """The display was locked with a PIN; "" unlocked it."""

    pin: str


class Licensed(Entry, frozen=True, kw_only=True, tag="licensed"):
    """A licence was installed: feature to document."""

    features: dict[str, str]


AnyEntry = Rested | Ordered | Sped | Struck | Mended | Pressed | Updating | Wireless | Located | Locked | Licensed
_DECODER = msgspec.json.Decoder(AnyEntry)


class Journal:
    """The file in the printer's folder. All methods block: call them in a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / NAME

    def read(self) -> list[AnyEntry]:
        """All entries since the last checkpoint; a torn end is cut off. Raises OSError."""
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return []
        entries: list[AnyEntry] = []
        sound = 0
        for line in raw.splitlines(keepends=True):
            try:
                entry = _DECODER.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                break
            if not line.endswith(b"\n"):
                break
            entries.append(entry)
            sound += len(line)
        if sound < len(raw):
            os.truncate(self._path, sound)
        return entries

    def append(self, entries: Iterable[AnyEntry]) -> None:
        """Write entries and bring them to the disk. Raises OSError, and then none of them has been written."""
        lines = b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries)
        before = self._path.stat().st_size
        try:
            with self._path.open("ab", buffering=0) as file:
                file.write(lines)
                os.fsync(file.fileno())
        except OSError:
            os.truncate(self._path, before)
            raise

    def rest(self, checkpoint: Rested) -> None:
        """Replace all by one checkpoint, in one step. Raises OSError, and then nothing has changed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        with fresh.open("wb", buffering=0) as file:
            file.write(msgspec.json.encode(checkpoint) + b"\n")
            os.fsync(file.fileno())
        fresh.replace(self._path)
        if os.name != "posix":  # elsewhere a folder cannot be opened, and the rename is all there is
            return
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
