"""The events of a printer's history: a type id and a sentence for each fact that a printer's owner asks about.

The document gives no list of type ids, so these are ours: 65536 (0x10000) and up for the machine, 131072 (0x20000) and
up for prints, 196608 (0x30000) and up for people and materials. An event that a program posts keeps its own id.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from printyard.apis.ultimaker.schemas import HistoryEvent, timestamp
from printyard.core.events import Fact, FactName
from printyard.core.facade import Core
from printyard.core.model.user import Principal

PAGE = 500
PAGES = 40
"""A search for one type reads so many pages of the log at most: the newest 20,000 facts of the printer."""

MACHINE, PRINT, PEOPLE = 0x10000, 0x20000, 0x30000
LOG_LINE = MACHINE + 0xFF
"""A line of the device's own log of events."""

TYPE_ID, PARAMETERS = "type_id", "parameters"
"""The keys under which a posted event lies in its fact."""


class Kind(msgspec.Struct, frozen=True):
    """A type of event: its id, its sentence, and the fields of the fact that are its parameters."""

    type_id: int
    sentence: str
    fields: tuple[str, ...] = ()


KINDS: Mapping[FactName, Kind] = {
    FactName.PRINTER_ADDED: Kind(MACHINE, "The printer was added: {}.", ("name",)),
    FactName.PRINTER_CONNECTED: Kind(MACHINE + 1, "The printer is connected."),
    FactName.PRINTER_LOST: Kind(MACHINE + 2, "The connection to the printer was lost."),
    FactName.PRINTER_CHANGED: Kind(MACHINE + 3, "The printer's settings were changed: {}.", ("name",)),
    FactName.FIRMWARE_CHANGED: Kind(MACHINE + 4, "The firmware changed from {} to {}.", ("before", "after")),
    FactName.FAULT_RAISED: Kind(MACHINE + 5, "Fault {}: {}", ("code", "message")),
    FactName.FAULT_CLEARED: Kind(MACHINE + 6, "The fault {} is gone.", ("code",)),
    FactName.ALERT_RAISED: Kind(MACHINE + 7, "Alert."),
    FactName.MAINTENANCE_DONE: Kind(MACHINE + 8, "Maintenance was done."),
    FactName.PRINT_STARTED: Kind(PRINT, "The print {} was started.", ("name",)),
    FactName.PRINT_PAUSED: Kind(PRINT + 1, "The print was paused ({}).", ("cause",)),
    FactName.PRINT_RESUMED: Kind(PRINT + 2, "The print was resumed."),
    FactName.PRINT_ENDED: Kind(PRINT + 3, "The print {} ended: {}.", ("name", "outcome")),
    FactName.PLATE_CHANGED: Kind(PRINT + 4, "The build plate is {}.", ("plate",)),
    FactName.MATERIAL_LOADED: Kind(PEOPLE, "Extruder {} has the material {}.", ("tool", "guid")),
    FactName.NOZZLE_SWAPPED: Kind(PEOPLE + 1, "Extruder {} has the print core {}.", ("tool", "name")),
    FactName.QUESTION_ASKED: Kind(PEOPLE + 2, "The display asks: {}", ("text",)),
    FactName.QUESTION_ANSWERED: Kind(PEOPLE + 3, "The question was answered: {}.", ("answer",)),
    FactName.ACCESS_REQUESTED: Kind(PEOPLE + 4, "{} asks for access.", ("application",)),
    FactName.ACCESS_DECIDED: Kind(PEOPLE + 5, "The access of {} was decided: {}.", ("application", "allowed")),
    FactName.ACCESS_REVOKED: Kind(PEOPLE + 6, "The access of {} was withdrawn.", ("application",)),
}
"""The facts that are events; what the yard's queue and library do is not the printer's business."""

SHOWN = frozenset(KINDS) | {FactName.DEVICE_EVENT}
NAMES: Mapping[int, FactName] = {kind.type_id: name for name, kind in KINDS.items()}


def event_of(fact: Fact) -> HistoryEvent:
    """A fact as an event."""
    kind = KINDS.get(fact.name)
    if kind is not None:
        parameters = [text_of(fact.body.get(field, "")) for field in kind.fields]
        message, type_id = kind.sentence.format(*parameters), kind.type_id
    elif TYPE_ID in fact.body:
        parameters, type_id = list(fact.body[PARAMETERS]), fact.body[TYPE_ID]
        message = ", ".join(parameters)
    else:
        message, type_id = text_of(fact.body.get("text", "")), LOG_LINE
        parameters = [message]
    return HistoryEvent(time=timestamp(fact.at), type_id=type_id, message=message, parameters=parameters)


def text_of(value: Any) -> str:  # noqa: ANN401
    """A value of a fact as a text."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


async def events(
    core: Core, principal: Principal, printer_id: str, *, offset: int, count: int, type_id: int | None
) -> list[HistoryEvent]:
    """The newest events first, from `offset` on. Raises NotFound, Forbidden."""
    if type_id is None:
        page = await core.history.page(
            principal, printer_id=printer_id, names=SHOWN, newest_first=True, offset=offset, limit=count
        )
        return [event_of(recorded.fact) for recorded in page]
    wanted = frozenset({FactName.DEVICE_EVENT, NAMES.get(type_id, FactName.DEVICE_EVENT)})
    return await search(
        core, principal, printer_id, wanted, lambda event: event.type_id == type_id, range(offset, offset + count)
    )


async def search(
    core: Core,
    principal: Principal,
    printer_id: str,
    names: frozenset[FactName],
    matches: Callable[[HistoryEvent], bool],
    wanted: range,
) -> list[HistoryEvent]:
    """The matching events whose rank, newest first, is wanted.

    Posted events of all types lie in the log as one kind of fact.
    """
    found: list[HistoryEvent] = []
    before: int | None = None
    for _ in range(PAGES):
        page = await core.history.page(
            principal, printer_id=printer_id, names=names, newest_first=True, before=before, limit=PAGE
        )
        found += [event for recorded in page if matches(event := event_of(recorded.fact))]
        if len(page) < PAGE or len(found) >= wanted.stop:
            break
        before = page[-1].number
    return found[wanted.start : wanted.stop]
