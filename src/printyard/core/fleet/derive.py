"""Derives facts from the state before, the state after, and what the yard intended: one function for all drivers."""

from enum import StrEnum
from operator import attrgetter, is_
from typing import Any

from printyard.core.events import Fact, FactName
from printyard.core.model.printer import Printer
from printyard.core.model.state import Activity, DevicePrint, Link, Outcome, PrinterState, Tool
from printyard.core.model.value import Instant


class Intent(StrEnum):
    """What the yard last asked of the printer, until it is seen or refused: tells our doing from somebody else's."""

    NONE = "none"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"


watched = attrgetter("link", "activity", "print", "faults", "attention", "firmware", "unrecognised")
"""The fields that facts come from, beside what is in the tools."""


def unchanged(before: PrinterState, after: PrinterState) -> bool:
    """Whether no fact can follow from the difference; cheap, since most reports bring measurements alone."""
    return all(map(is_, watched(before), watched(after))) and (
        before.tools is after.tools or list(map(loaded, before.tools)) == list(map(loaded, after.tools))
    )


def loaded(tool: Tool) -> tuple[str, str]:
    """The GUID of the material and the name of the nozzle in a tool, "" for none."""
    material, nozzle = tool.material, tool.nozzle
    return "" if material is None else material.guid, "" if nozzle is None else nozzle.name


def trusted(state: PrinterState) -> bool:
    """Whether a state says what the device does: it can be reached, and all of its words are understood."""
    return state.link is Link.ONLINE and not state.unrecognised


def derive(
    printer: Printer,
    before: PrinterState,
    after: PrinterState,
    intent: Intent,
    history: tuple[DevicePrint, ...] = (),
    answers: tuple[tuple[str, str], ...] = (),
    known: PrinterState | None = None,
) -> list[Fact]:
    """The facts in the difference, in the order in which they happened.

    `history` is what the device remembers, `answers` what was said on its display. `known` is the last state that could
    be trusted (None: `before`).

    Nothing is derived about the print while the link is down or a foreign word is not understood: what is not seen has
    not happened. Afterwards what is seen is held against what was known before: a print that ended meanwhile has ended.
    """
    facts = _Facts(printer, after.at)
    _link(facts, before, after)
    _firmware(facts, before, after)
    if trusted(after):
        known = before if known is None else known
        _print(facts, known, after, intent, history, looking=trusted(before))
        _pause(facts, known, after)
        _tools(facts, known.tools, after.tools)
    _faults(facts, before, after)
    _attention(facts, before, after, answers)
    return facts.made


def outcome_of(
    known: PrinterState, after: PrinterState, intent: Intent, last: DevicePrint, *, looking: bool
) -> Outcome:
    """How the print that is no longer under way ended: the device's word wins, else our intent tells.

    A poller that saw only printing -> idle after our Cancel says cancelled, and without it stopped (somebody at the
    panel). Who was not looking when it ended does not know.
    """
    if last.outcome is not None:
        return last.outcome
    if after.outcome is not None and after.outcome is not known.outcome:
        return after.outcome
    if intent is Intent.CANCEL:
        return Outcome.CANCELLED
    return Outcome.STOPPED if looking else Outcome.UNKNOWN


def last_seen(ref: str, before: DevicePrint, after: PrinterState, history: tuple[DevicePrint, ...]) -> DevicePrint:
    """The newest that is known of a print that is no longer under way."""
    if after.print is not None and after.print.ref == ref:
        return after.print
    return next((entry for entry in history if entry.ref == ref), before)


def running(state: PrinterState) -> str:
    """The device's reference of the print under way, or ""."""
    return state.print.ref if state.print is not None and state.print.ended_at is None else ""


class _Facts:
    def __init__(self, printer: Printer, at: Instant) -> None:
        self._printer, self._at = printer, at
        self.made: list[Fact] = []

    def add(self, fact: FactName, at: Instant | None = None, /, **body: Any) -> None:  # noqa: ANN401
        printer = self._printer
        self.made.append(
            Fact(
                name=fact,
                at=self._at if at is None else at,
                organization_id=printer.organization_id,
                subject_kind="printer",
                subject_id=printer.id,
                printer_id=printer.id,
                body=body,
            )
        )


def _link(facts: _Facts, before: PrinterState, after: PrinterState) -> None:
    if after.link is before.link:
        return
    if after.link is Link.ONLINE:
        facts.add(FactName.PRINTER_CONNECTED)
    elif before.link is Link.ONLINE:
        facts.add(FactName.PRINTER_LOST)


def _firmware(facts: _Facts, before: PrinterState, after: PrinterState) -> None:
    if before.firmware and after.firmware != before.firmware:
        facts.add(FactName.FIRMWARE_CHANGED, before=before.firmware, after=after.firmware)


def _print(
    facts: _Facts,
    before: PrinterState,
    after: PrinterState,
    intent: Intent,
    history: tuple[DevicePrint, ...],
    *,
    looking: bool,
) -> None:
    was, now = running(before), running(after)
    if was and was != now and before.print is not None:
        last = last_seen(was, before.print, after, history)
        facts.add(
            FactName.PRINT_ENDED,
            last.ended_at,
            ref=was,
            name=last.name,
            outcome=outcome_of(before, after, intent, last, looking=looking).value,
            reason=last.reason,
            elapsed_seconds=last.elapsed_seconds or before.progress.elapsed_seconds,
            filament_mm=list(last.filament_mm or before.progress.filament_mm),
        )
    if now and now != was and after.print is not None:
        facts.add(
            FactName.PRINT_STARTED, after.print.started_at, ref=now, name=after.print.name, token=after.print.token
        )


def _pause(facts: _Facts, before: PrinterState, after: PrinterState) -> None:
    if not running(after):
        return
    same = running(after) == running(before)
    if after.activity is Activity.PAUSED and not (same and before.activity is Activity.PAUSED):
        facts.add(FactName.PRINT_PAUSED, cause=after.pause_cause.value if after.pause_cause else "")
    elif same and before.activity in {Activity.PAUSED, Activity.RESUMING} and after.activity is Activity.PRINTING:
        facts.add(FactName.PRINT_RESUMED)


def _tools(facts: _Facts, before: tuple[Tool, ...], after: tuple[Tool, ...]) -> None:
    if after is before:
        return
    for index, (was, now) in enumerate(zip(map(loaded, before), map(loaded, after), strict=False)):
        if now[0] != was[0]:
            facts.add(FactName.MATERIAL_LOADED, tool=index, guid=now[0])
        if now[1] != was[1]:
            facts.add(FactName.NOZZLE_SWAPPED, tool=index, name=now[1])


def _faults(facts: _Facts, before: PrinterState, after: PrinterState) -> None:
    if after.faults is before.faults:
        return
    had, has = {fault.id for fault in before.faults}, {fault.id for fault in after.faults}
    for fault in after.faults:
        if fault.id not in had:
            facts.add(
                FactName.FAULT_RAISED, fault.since,
                id=fault.id, code=fault.code, severity=int(fault.severity), message=fault.message, data=fault.data,
            )  # fmt: skip
    for fault in before.faults:
        if fault.id not in has:
            facts.add(FactName.FAULT_CLEARED, id=fault.id, code=fault.code)


def _attention(facts: _Facts, before: PrinterState, after: PrinterState, answers: tuple[tuple[str, str], ...]) -> None:
    """An answer counts whether or not its question was ever seen on the display: polls are slow, people are not."""
    for question_id, answer in answers:
        facts.add(FactName.QUESTION_ANSWERED, id=question_id, answer=answer)
    if after.attention is before.attention:
        return
    was = before.attention.id if before.attention else ""
    now = after.attention.id if after.attention else ""
    if was and was != now and was not in dict(answers):
        facts.add(FactName.QUESTION_ANSWERED, id=was, answer="")
    if now and now != was and after.attention is not None:
        facts.add(
            FactName.QUESTION_ASKED, after.attention.since,
            id=now, text=after.attention.text, answers=list(after.attention.answers),
        )  # fmt: skip
