"""The folder of the plans. Synchronous: its calls run in threads."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from printyard.core.model.file import ANALYSIS, Analysis
from printyard.gcode.plan import Plan
from printyard.infra.blobs.disk import make_folder

_PLAN: Final = ".plan"
_ANALYSIS: Final = ".json"
_PREVIEW: Final = ".view"
_KEPT: Final = (_PLAN, _ANALYSIS, _PREVIEW)
_DRAFT: Final = ".draft"


class Entry(NamedTuple):
    """A plan on the shelf: when it was last opened, and its bytes, with those of its preview."""

    used: float
    path: Path
    size: int


class PlanShelf:
    """KEY.plan, KEY.json, KEY.view once it was asked for, and drafts while a worker writes.

    `is_held` says of a key that its plan must stay.
    """

    def __init__(self, folder: Path, is_held: Callable[[str], bool]) -> None:
        self._folder = folder
        self._is_held = is_held

    def prepare(self) -> None:
        """Make the folder, and remove what was never finished."""
        make_folder(self._folder)
        for path in self._folder.iterdir():
            if path.suffix not in _KEPT or _DRAFT in path.suffixes:
                path.unlink()

    def plan(self, key: str) -> Path:
        """Where the plan of a key lies, if there is one."""
        return self._folder / f"{key}{_PLAN}"

    def draft(self, key: str) -> Path:
        """Where a worker writes it."""
        return self._folder / f"{key}{_DRAFT}"

    def preview(self, key: str) -> Path:
        """Where its preview lies, if there is one."""
        return self._folder / f"{key}{_PREVIEW}"

    def preview_size(self, key: str) -> int | None:
        """Bytes of a preview, noting that it was used; None if it isn't there, or its plan isn't."""
        try:
            os.utime(self.plan(key))
            return self.preview(key).stat().st_size
        except FileNotFoundError:
            return None

    def sketch(self, key: str) -> Path:
        """Where a worker draws it."""
        return self._folder / f"{key}{_PREVIEW}{_DRAFT}"

    def copy(self, key: str) -> Path:
        """Where a worker writes a processed file, which is stored elsewhere in the end."""
        return self._folder / f"{key}.gcode{_DRAFT}"

    def open(self, key: str) -> Plan:
        """Map a plan, and note that it was used. Raises FileNotFoundError, PlanError."""
        path = self.plan(key)
        opened = Plan.open(path)
        os.utime(path)
        return opened

    def analysis(self, key: str) -> Analysis | None:
        """The analysis beside the plan; None if it isn't there, makes no sense, or would be made otherwise now."""
        try:
            found = msgspec.json.decode(self._analysis(key).read_bytes(), type=Analysis)
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        return found if found.made_by == ANALYSIS else None

    def keep(self, key: str, analysis: Analysis) -> None:
        """Make the draft the plan of its key, at once and whole."""
        beside = self._folder / f"{key}{_DRAFT}{_ANALYSIS}"
        beside.write_bytes(msgspec.json.encode(analysis))
        beside.replace(self._analysis(key))
        self.draft(key).replace(self.plan(key))

    def keep_preview(self, key: str) -> None:
        """Make the sketch the preview of its key, at once and whole."""
        self.sketch(key).replace(self.preview(key))

    def sweep(self, draft: Path) -> None:
        """Remove what is left of a draft, and of what the worker wrote beside it."""
        for path in self._folder.glob(f"{draft.name}*"):
            path.unlink(missing_ok=True)

    def shrink(self, size: int, keep: str = "") -> None:
        """Remove plans, the longest unused first, until they have at most `size` bytes; never `keep` or a held one."""
        entries = sorted(self._entries())
        total = sum(entry.size for entry in entries)
        for entry in entries:
            if total <= size:
                return
            if entry.path.stem == keep or self._is_held(entry.path.stem):
                continue
            for path in (self.preview(entry.path.stem), entry.path, self._analysis(entry.path.stem)):
                path.unlink(missing_ok=True)
            total -= entry.size

    def _entries(self) -> list[Entry]:
        entries = []
        for path in self._folder.glob(f"*{_PLAN}"):
            plan, preview = path.stat(), self.preview(path.stem)
            drawn = preview.stat().st_size if preview.exists() else 0
            entries.append(Entry(plan.st_mtime, path, plan.st_size + drawn))
        return entries

    def _analysis(self, key: str) -> Path:
        return self._folder / f"{key}{_ANALYSIS}"
