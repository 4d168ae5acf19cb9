"""The yard as a whole on the wire: settings, server, sandbox, events and errors."""

from typing import Any

import msgspec

from printyard.apis.yard.schemas.instant import Instant


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`front_printer` is the slug of the printer that answers at the root; null in an empty yard."""

    front_printer: str | None


class SettingsChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Null makes the first printer of the yard the front printer."""

    front_printer: str | None


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """The program that answers. `epoch` is another after each start; `storage_degraded`: facts wait."""

    version: str
    epoch: str
    started_at: Instant
    uptime_seconds: float
    printers: int
    newest_fact: int
    oldest_fact: int
    storage_degraded: bool


class SandboxChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many times as fast the printer's clock runs."""

    speed: float


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact of the log. `printer` is a slug, null where it concerns none or the printer was removed."""

    number: int
    name: str
    at: Instant
    recorded_at: Instant
    printer: str | None
    printer_id: str | None
    subject_kind: str
    subject_id: str
    actor: str
    cause: str
    schema_version: int
    body: dict[str, Any]


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong: a stable word for programs, a sentence for people."""

    code: str
    message: str


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Every error of this API."""

    error: Problem
