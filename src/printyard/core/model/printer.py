"""A printer of the yard: who it is, and what the yard decides about it (no device knows that)."""

import re
from typing import Any

from printyard.core.model.machine import MachineSetup
from printyard.core.model.state import Plate
from printyard.core.model.value import Id, Instant, Value

SLUG = re.compile(r"[a-z0-9-]{1,40}")
"""What a slug looks like; it never changes."""


class Printer(Value):
    """A printer's identity. `device_guid` is the device's own; `settings` are the driver's, in its model's form.

    `owner` and `epoch` say which server process drives it (one at a time).
    """

    id: Id
    organization_id: Id
    group_id: Id
    slug: str
    name: str
    driver: str
    model_id: str
    device_guid: str
    created_at: Instant
    created_by: str = ""
    settings: dict[str, Any] = {}
    setup: MachineSetup = MachineSetup()
    declared: bool = False
    owner: str = ""
    epoch: int = 0
    deleted_at: Instant | None = None
    version: int = 1


class PrinterRecord(Value):
    """What the yard decides about a printer and keeps.

    `reserved_by` names the job that the printer waits for or prints; `plate` is what the yard last knew of it.
    """

    printer_id: Id
    enabled: bool = True
    reserved_by: Id | None = None
    in_maintenance: bool = False
    note: str = ""
    country: str = ""
    plate: Plate = Plate.CLEAR
    plate_changed_at: Instant = Instant(0)
    version: int = 1


def stem_of(name: str) -> str:
    """What the slugs of this name begin with: lower case, everything else a hyphen."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:36].strip("-") or "printer"


def slug_of(name: str, taken: frozenset[str]) -> str:
    """A free slug for a name: its stem, with a number behind it if that is taken."""
    stem = stem_of(name)
    if stem not in taken:
        return stem
    number = 2
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem[: 39 - len(str(number))]}-{number}"
