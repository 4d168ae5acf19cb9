"""The course of a virtual printer: from what it was, through what befell it, to what it is at any instant.

Everything that happens by itself has an exact second, computed beforehand. So it does not matter how often anybody
looks: `state_at` is a pure function of the kind, the journal (whose first entry has the seed) and the instant.
"""

from collections.abc import Callable, Mapping, Sequence

from msgspec import convert, json

from printyard.core.model.file import Blob
from printyard.core.model.machine import MachineModel
from printyard.core.model.state import PauseCause
from printyard.drivers.virtual import timeline
from printyard.drivers.virtual.condition import NEVER, Condition, LimitSet, Outline, Trouble, Update
from printyard.drivers.virtual.device import Device
from printyard.drivers.virtual.journal import (
    AnyEntry,
    Licensed,
    Located,
    Locked,
    Mended,
    Ordered,
    Pressed,
    Rested,
    Sped,
    Struck,
    Updating,
    Wireless,
)  # fmt: skip
from printyard.drivers.virtual.orders import answer, obey
from printyard.drivers.virtual.script import pass_events
from printyard.drivers.virtual.troubles import boot, mend, strike, trip
from printyard.gcode.plan import Plan

DOWNLOAD_SECONDS = 60.0
INSTALL_SECONDS = 120.0


def state_at(
    machine: MachineModel, journal: Sequence[AnyEntry], at: int, plans: Mapping[str, Plan] | None = None
) -> Device:
    """The printer at an instant, from its journal alone (first a checkpoint). `plans` by the file's SHA-256."""
    first = journal[0]
    if not isinstance(first, Rested):
        raise TypeError("a journal begins with a checkpoint")
    device = Device(machine, copied(first.condition))
    blob = blob_of(device.condition)
    if blob is not None:
        device.plan = (plans or {}).get(blob.sha256)
    for entry in journal[1:]:
        if entry.at > at:
            break
        started = started_file(entry)
        if started is not None:
            advance(device, device.condition.clock.seconds(entry.at))
            device.plan = (plans or {}).get(started[0].sha256)
        apply(device, entry)
    advance(device, device.condition.clock.seconds(at))
    return device


def copied(condition: Condition) -> Condition:
    """A condition that shares nothing with another, as if it had been read from the journal."""
    return json.decode(json.encode(condition), type=Condition)


def blob_of(condition: Condition) -> Blob | None:
    """The file whose plan is needed: of the print on the machine, or of what it left on the plate."""
    if condition.run is not None:
        return condition.run.blob
    return condition.left.blob if condition.left is not None else None


def limits_in(condition: Condition) -> LimitSet:
    """The limits with which that file's plan is made."""
    if condition.run is not None:
        return condition.run.outline.limits
    return condition.left.limits if condition.left is not None else condition.limits


def started_file(entry: AnyEntry) -> tuple[Blob, Outline] | None:
    """The file that an entry starts, if it does."""
    if isinstance(entry, Ordered) and entry.outline is not None:
        return convert(entry.fields["blob"], Blob), entry.outline
    if isinstance(entry, Pressed) and entry.blob is not None and entry.outline is not None:
        return entry.blob, entry.outline
    return None


def advance(device: Device, seconds: float, seen: Callable[[float], None] | None = None) -> None:
    """Let all that happens up to this second happen, each thing at its own; `seen` is told the seconds."""
    condition = device.condition
    due = device.earliest()
    while due <= seconds:
        due = max(due, condition.now)
        pass_events(device, due)
        condition.now = due
        _happen(device, due)
        if seen is not None:
            seen(due)
        due = device.earliest()
    if seconds > condition.now:
        pass_events(device, seconds)
        condition.now = seconds


def apply(device: Device, entry: AnyEntry) -> None:
    """Let an entry of the journal happen at its instant."""
    advance(device, device.condition.clock.seconds(entry.at))
    seconds = device.condition.now
    pass_events(device, seconds)
    if isinstance(entry, Ordered):
        obey(device, seconds, entry)
    elif isinstance(entry, Sped):
        device.condition.clock.change_speed(entry.at, entry.speed)
    elif isinstance(entry, Struck):
        until = seconds + entry.seconds if entry.seconds > 0.0 else NEVER
        strike(device, seconds, Trouble(entry.kind, seconds, entry.tool, until=until, amount=entry.amount))
    elif isinstance(entry, Mended):
        mend(device, seconds, entry.kind)
    elif isinstance(entry, Pressed):
        _press(device, seconds, entry)
    else:
        _note(device, seconds, entry)
    device.touch()


def _note(device: Device, seconds: float, entry: AnyEntry) -> None:
    """What changes a setting, and what takes its time in the background."""
    condition = device.condition
    if isinstance(entry, Updating):
        installing = seconds + DOWNLOAD_SECONDS
        condition.update = Update(entry.version, seconds, installing, installing + INSTALL_SECONDS)
        device.log(seconds, f"updating to firmware {entry.version}")
    elif isinstance(entry, Wireless):
        condition.wifi = entry.ssid if entry.joined else ("" if condition.wifi == entry.ssid else condition.wifi)
        others = [ssid for ssid in condition.known_wifi if ssid != entry.ssid]
        condition.known_wifi = [*others, entry.ssid] if entry.joined else others
    elif isinstance(entry, Located):
        condition.country = entry.country
    elif isinstance(entry, Locked):
        condition.display_pin = entry.pin
    elif isinstance(entry, Licensed):
        condition.licences = {**condition.licences, **entry.features}


def _press(device: Device, seconds: float, entry: Pressed) -> None:
    device.notes.append(f"panel: {entry.button.removeprefix('panel_')}")
    if entry.button == "panel_start" and entry.blob is not None and entry.outline is not None:
        timeline.begin(device, seconds, entry.ref, entry.name, "", entry.blob, entry.outline)
    elif entry.button == "panel_pause":
        timeline.pause(device, seconds, PauseCause.PANEL)
    elif entry.button == "panel_resume":
        timeline.resume(device, seconds)
    elif entry.button == "panel_cancel":
        timeline.cancel(device, seconds)
    elif entry.button == "panel_clear_plate":
        timeline.clear_plate(device, seconds)
    elif entry.button == "panel_answer":
        answer(device, entry.ref, entry.name)


def _happen(device: Device, seconds: float) -> None:
    """All that is due at this second, in an order that is always the same."""
    condition = device.condition
    for trouble in list(condition.troubles):
        if trouble.until <= seconds:
            mend(device, seconds, trouble.kind)
        elif trouble.trip <= seconds:
            trip(device, seconds, trouble)
    for second, number in list(condition.preheats):
        if second <= seconds:
            condition.preheats.remove((second, number))
            device.turn(number, seconds, 0.0)
    if condition.update is not None and condition.update.until <= seconds:
        condition.firmware, condition.update, condition.update_result = condition.update.version, None, "success"
        boot(device, seconds)
    if condition.restart <= seconds:
        mend(device, seconds, "emergency_stop")
    if condition.clear <= seconds:
        timeline.clear_plate(device, seconds)
    if condition.run is not None and condition.run.until <= seconds:
        timeline.step(device, seconds)
    device.touch()
