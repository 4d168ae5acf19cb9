"""What is measured of a printer, as this API shows it; what has not changed since it was shown last is not made again.

Most reports bring a few figures. A value that is the same object as before is shown by the same object as before, so
that neither its rendering nor the search for differences costs anything.
"""

from collections.abc import Callable
from functools import lru_cache
from itertools import compress
from operator import attrgetter, is_not
from typing import Any

from msgspec.structs import replace

from printyard.apis.yard import schemas
from printyard.apis.yard.schemas import Word, instant
from printyard.core.fleet.board import Snapshot
from printyard.core.model.job import Job, JobState
from printyard.core.model.printer import PrinterRecord
from printyard.core.model.state import (
    Activity,
    Fault,
    Light,
    Link,
    Outcome,
    PauseCause,
    Plate,
    PrinterState,
    Question,
    Severity,
    Temperature,
    Tool,
    Vector,
)  # fmt: skip
from printyard.core.tables import total

LINKS = total(Link, {
    Link.OFFLINE: Word.OFFLINE,
    Link.CONNECTING: Word.CONNECTING,
    Link.STARTING: Word.STARTING,
    Link.ONLINE: None,
})  # fmt: skip

ACTIVITIES = total(Activity, {
    Activity.IDLE: None,
    Activity.PREPARING: Word.PREPARING,
    Activity.PRINTING: Word.PRINTING,
    Activity.PAUSING: Word.PAUSING,
    Activity.PAUSED: Word.PAUSED,
    Activity.RESUMING: Word.RESUMING,
    Activity.CANCELLING: Word.CANCELLING,
    Activity.FINISHING: Word.FINISHING,
    Activity.BUSY: Word.BUSY,
    Activity.HALTED: Word.HALTED,
})  # fmt: skip

PLATES = total(Plate, {Plate.CLEAR: Word.IDLE, Plate.UNKNOWN: Word.IDLE, Plate.OCCUPIED: Word.OCCUPIED})

SEVERITIES = total(Severity, {
    Severity.NOTICE: "notice",
    Severity.WARNING: "warning",
    Severity.BLOCKING: "blocking",
    Severity.FATAL: "fatal",
})  # fmt: skip

OUTCOMES = total(Outcome, {outcome: outcome.value for outcome in Outcome})
CAUSES = total(PauseCause, {cause: cause.value for cause in PauseCause})

TO_BEGIN = frozenset({JobState.ASSIGNED, JobState.TRANSFERRING, JobState.STARTING})
"""The states of a job on its way to the printer: it is as good as preparing."""


def word(state: PrinterState, record: PrinterRecord, job: Job | None = None) -> Word:
    """The state in one word: link, blocking fault, activity, a print on its way, attention, what was decided, plate.

    A question while something is under way does not hide what: it is shown beside it.
    """
    if (linked := LINKS[state.link]) is not None:
        return linked
    if state.faults and state.blocking_fault is not None and state.activity is not Activity.HALTED:
        return Word.FAULT
    if (doing := ACTIVITIES[state.activity]) is not None:
        return doing
    if job is not None and job.state in TO_BEGIN:
        return Word.PREPARING
    if state.attention is not None:
        return Word.ASKING
    if record.in_maintenance:
        return Word.MAINTENANCE
    if PLATES[state.plate] is Word.OCCUPIED:
        return Word.OCCUPIED
    return PLATES[state.plate] if record.enabled else Word.DISABLED


def state_of(shown: Snapshot) -> schemas.State:
    """What is measured."""
    state = shown.state
    fields = {name: render(value) for (name, render), value in zip(FIELDS.items(), _fields(state), strict=True)}
    return schemas.State(word=word(state, shown.record, shown.job), tools=_tools(state.tools), **fields)


def state_again(before: schemas.State, was: Snapshot, shown: Snapshot) -> schemas.State:
    """The same of a snapshot that came after the one that `before` shows."""
    old, new = _fields(was.state), _fields(shown.state)
    fields = compress(zip(FIELDS, new, strict=True), map(is_not, old, new))
    changed = {name: FIELDS[name](value) for name, value in fields}
    return replace(
        before,
        word=word(shown.state, shown.record, shown.job),
        tools=_tools_again(before.tools, was.state.tools, shown.state.tools),
        **changed,
    )


def progress_of(state: PrinterState) -> schemas.Progress | None:
    """How far the print is; None without one."""
    printed, progress = state.print, state.progress
    if printed is None or not state.in_print:
        return None
    return schemas.Progress(
        name=printed.name,
        fraction=round(progress.fraction, 4),
        elapsed_seconds=round(progress.elapsed_seconds, 1),
        total_seconds=tenths(progress.total_seconds),
        remaining_seconds=round(max(0.0, progress.total_seconds * (1.0 - progress.fraction)), 1),
        layer=progress.layer,
        layers=progress.layers,
        started_at=instant(printed.started_at),
    )


@lru_cache(maxsize=8192)
def tenths(value: float) -> float:
    """To a tenth; temperatures come again and again, and rounding costs more than remembering."""
    return round(value, 1)


def _same(value: Any) -> Any:  # noqa: ANN401
    return value


def _question(asked: Question | None) -> schemas.Question | None:
    if asked is None:
        return None
    return schemas.Question(id=asked.id, text=asked.text, answers=asked.answers, since=instant(asked.since))


def _faults(faults: tuple[Fault, ...]) -> tuple[schemas.Fault, ...]:
    return tuple(
        schemas.Fault(
            id=fault.id, code=fault.code, severity=SEVERITIES[fault.severity], blocking=fault.blocking,
            since=instant(fault.since), message=fault.message, data=fault.data,
        )
        for fault in faults
    )  # fmt: skip


def _temperature(measured: Temperature | None) -> schemas.Temperature | None:
    return None if measured is None else _heat(measured)


def _heat(measured: Temperature) -> schemas.Temperature:
    target = measured.target
    return schemas.Temperature(current=tenths(measured.current), target=None if target is None else tenths(target))


def _tool(tool: Tool) -> schemas.Tool:
    nozzle, material = tool.nozzle, tool.material
    left = None if material is None else material.remaining_mm
    return schemas.Tool(
        temperature=_heat(tool.heater),
        nozzle=None
        if nozzle is None
        else schemas.Nozzle(name=nozzle.name, serial=nozzle.serial, diameter_mm=nozzle.diameter_mm),
        material_guid=None if material is None else material.guid,
        material_remaining_mm=None if left is None else round(left, 1),
    )


def _tools(tools: tuple[Tool, ...]) -> tuple[schemas.Tool, ...]:
    return tuple(map(_tool, tools))


def _tools_again(
    before: tuple[schemas.Tool, ...], was: tuple[Tool, ...], now: tuple[Tool, ...]
) -> tuple[schemas.Tool, ...]:
    if now is was:
        return before
    if len(now) != len(was):
        return _tools(now)
    return tuple(map(_tool_again, before, was, now))


def _tool_again(before: schemas.Tool, was: Tool, now: Tool) -> schemas.Tool:
    """Mostly it is the temperature alone."""
    if now is was:
        return before
    if now.nozzle is was.nozzle and now.material is was.material:
        return before if now.heater is was.heater else replace(before, temperature=_heat(now.heater))
    return _tool(now)


def _position(place: Vector) -> schemas.Position:
    return schemas.Position(x=round(place.x, 2), y=round(place.y, 2), z=round(place.z, 3))


def _fraction(value: float) -> float:
    return round(value, 3)


def _light(light: Light | None) -> float | None:
    return None if light is None else round(light.brightness / 100, 3)


def _sorted(names: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


_value = attrgetter("value")

FIELDS: dict[str, Callable[[Any], Any]] = {
    "link": _value,
    "activity": _value,
    "busy_with": _same,
    "plate": _value,
    "attention": _question,
    "outcome": lambda outcome: None if outcome is None else OUTCOMES[outcome],
    "pause_cause": lambda cause: None if cause is None else CAUSES[cause],
    "faults": _faults,
    "unrecognised": _same,
    "active_tool": _same,
    "bed": _temperature,
    "chamber": _temperature,
    "ambient": _temperature,
    "position": _position,
    "fan_fraction": _fraction,
    "light": _light,
    "message": _same,
    "firmware": _same,
    "accepts": _sorted,
    "at": instant,
}
"""Each field of a state but its word and its tools, made of the core's field of the same name."""

_fields = attrgetter(*FIELDS)
