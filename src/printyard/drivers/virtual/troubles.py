"""What each trouble does to the machine, what it does later, and what its end does."""

from collections.abc import Callable

from printyard.core.model.state import Outcome, PauseCause
from printyard.drivers.virtual.condition import NEVER, Phase, Spool, Trouble
from printyard.drivers.virtual.device import Device
from printyard.drivers.virtual.head import halt, put
from printyard.drivers.virtual.heat import Mode
from printyard.drivers.virtual.script import foresee_runout
from printyard.drivers.virtual.timeline import end, fail, pause, stop_clock

DETECTION_SECONDS = 6.0
CLOG_SECONDS = 20.0
RUNAWAY_CELSIUS = 20.0
SLOWNESS_SECONDS = 3.0

Effect = Callable[[Device, float, Trouble], None]


def strike(device: Device, seconds: float, trouble: Trouble) -> None:
    """Bring a trouble; one of the same kind that stands is replaced."""
    condition = device.condition
    mend(device, seconds, trouble.kind)
    condition.troubles.append(trouble)
    if trouble.kind in _AT_ONCE:
        _AT_ONCE[trouble.kind](device, seconds, trouble)
    device.log(seconds, f"trouble: {trouble.kind}")
    device.touch()


def trip(device: Device, seconds: float, trouble: Trouble) -> None:
    """Let the later effect of a trouble happen."""
    trouble.trip = NEVER
    _LATER[trouble.kind](device, seconds, trouble)
    device.touch()


def mend(device: Device, seconds: float, kind: str) -> None:
    """End a trouble, if it stands."""
    condition = device.condition
    for trouble in [trouble for trouble in condition.troubles if trouble.kind == kind]:
        condition.troubles.remove(trouble)
        if kind in _AFTER:
            _AFTER[kind](device, seconds, trouble)
        device.log(seconds, f"mended: {kind}")
        device.touch()


def stop_everything(device: Device, seconds: float, reason: str, kind: str) -> None:
    """Heaters off, motors off, no more until a restart."""
    condition = device.condition
    if condition.run is not None:
        fail(device, seconds, reason)
    device.heaters_off(seconds)
    halt(condition.head, seconds)
    condition.head.homed = False
    condition.fan = 0.0
    condition.halted = reason
    if kind == "emergency_stop":
        condition.troubles.append(Trouble(kind, since=seconds, shown_at=device.instant(seconds)))
        if device.traits.restarts_after_seconds is not None:
            condition.restart = seconds + device.traits.restarts_after_seconds
    device.log(seconds, f"halted: {reason}")
    device.touch()


def boot(device: Device, seconds: float) -> None:
    """Start anew: what stands in memory alone is gone."""
    condition = device.condition
    condition.boots += 1
    condition.booted, condition.ready = seconds, seconds + device.traits.boot_seconds
    condition.halted, condition.restart = "", NEVER
    condition.troubles = [trouble for trouble in condition.troubles if trouble.kind != "emergency_stop"]
    condition.message, condition.blink = "", None
    condition.head.homed, condition.head.relative = False, False
    device.log(seconds, f"started, firmware {condition.firmware}")
    device.touch()


def load(device: Device, seconds: float, tool: int, guid: str, remaining_mm: float | None) -> None:
    """Put a spool into a tool ("" takes it out): what ran out is there again."""
    condition = device.condition
    drawn = device.filament_mm(seconds)[tool]
    full = device.traits.spool_mm if remaining_mm is None else remaining_mm
    condition.spools[tool] = Spool(guid, full, drawn) if guid else None
    if condition.run is not None:
        foresee_runout(device)
    if guid and full > 0.0:
        condition.troubles = [t for t in condition.troubles if t.kind != "filament_runout" or t.tool != tool]
    device.touch()


def _show(device: Device, seconds: float, trouble: Trouble) -> None:
    trouble.shown_at = device.instant(seconds)


def _run_out(device: Device, seconds: float, trouble: Trouble) -> None:
    _show(device, seconds, trouble)
    spool = device.condition.spools[trouble.tool]
    if spool is not None:
        spool.remaining_mm, spool.base_mm = 0.0, device.filament_mm(seconds)[trouble.tool]
    run = device.condition.run
    if run is not None:
        run.runout = None
        pause(device, seconds, PauseCause.FILAMENT)


def _kill_heater(device: Device, seconds: float, trouble: Trouble) -> None:
    heater = device.heater(trouble.tool)
    device.turn(trouble.tool, seconds, heater.target if heater is not None else 0.0, Mode.DEAD)
    trouble.trip = seconds + DETECTION_SECONDS


def _heater_seen(device: Device, seconds: float, trouble: Trouble) -> None:
    _show(device, seconds, trouble)
    if device.condition.run is not None:
        fail(device, seconds, "heater fault")
    device.turn(trouble.tool, seconds, 0.0)


def _heater_mended(device: Device, seconds: float, trouble: Trouble) -> None:
    device.turn(trouble.tool, seconds, 0.0, Mode.CONTROLLED)


def _run_away(device: Device, seconds: float, trouble: Trouble) -> None:
    heater = device.heater(trouble.tool)
    now = device.celsius(trouble.tool, seconds)
    target = heater.target if heater is not None else 0.0
    device.turn(trouble.tool, seconds, target, Mode.RUNAWAY)
    climb = max(target, now) + RUNAWAY_CELSIUS - now
    trouble.trip = seconds + climb / device.physique(trouble.tool).rate


def _runaway_seen(device: Device, seconds: float, trouble: Trouble) -> None:
    _show(device, seconds, trouble)
    device.turn(trouble.tool, seconds, 0.0, Mode.CONTROLLED)
    stop_everything(device, seconds, "thermal runaway", trouble.kind)


def _runaway_mended(device: Device, seconds: float, trouble: Trouble) -> None:
    device.turn(trouble.tool, seconds, 0.0, Mode.CONTROLLED)
    if device.condition.halted:
        boot(device, seconds)


def _restarted(device: Device, seconds: float, _trouble: Trouble) -> None:
    boot(device, seconds)


def _cut_power(device: Device, seconds: float, _trouble: Trouble) -> None:
    condition, run = device.condition, device.condition.run
    if condition.update is not None:
        condition.update, condition.update_result = None, "failed"
    if run is not None and device.traits.keeps_print_without_power and run.phase is not Phase.CANCELLING:
        _keep_print(device, seconds)
    elif run is not None:
        fail(device, seconds, "power cut")
    halt(condition.head, seconds)
    device.heaters_off(seconds)
    condition.fan, condition.powered = 0.0, False


def _keep_print(device: Device, seconds: float) -> None:
    """Freeze the print where it is; it waits for somebody when the power is back."""
    run = device.condition.run
    if run is None:
        return
    if run.phase is Phase.FINISHING:
        end(device, seconds, Outcome.COMPLETED)
        return
    pause(device, seconds, PauseCause.POWER)
    stop_clock(device, seconds, Phase.PAUSED)
    run.cause = PauseCause.POWER
    moment = device.moment(run.plan_seconds)
    if moment is not None:
        put(device.condition.head, (moment.x, moment.y, moment.z))


def _power_back(device: Device, seconds: float, _trouble: Trouble) -> None:
    device.condition.powered = True
    boot(device, seconds)


def _clog(_device: Device, seconds: float, trouble: Trouble) -> None:
    trouble.trip = seconds + CLOG_SECONDS


def _pause_for(device: Device, seconds: float, trouble: Trouble) -> None:
    _show(device, seconds, trouble)
    if device.condition.run is not None:
        pause(device, seconds, PauseCause.FAULT)


def _lose_file(device: Device, seconds: float, trouble: Trouble) -> None:
    _show(device, seconds, trouble)
    if device.condition.run is not None:
        fail(device, seconds, "the file is gone")


def _remember_place(device: Device, seconds: float, trouble: Trouble) -> None:
    run = device.condition.run
    trouble.since_plan = run.plan_at(seconds) if run is not None else NEVER


def _refill(device: Device, seconds: float, trouble: Trouble) -> None:
    spool = device.condition.spools[trouble.tool]
    if spool is not None and spool.remaining_mm <= 0.0:
        load(device, seconds, trouble.tool, spool.guid, None)


_AT_ONCE: dict[str, Effect] = {
    "filament_runout": _run_out,
    "heater_fault": _kill_heater,
    "thermal_runaway": _run_away,
    "power_cut": _cut_power,
    "clog": _clog,
    "print_detached": _remember_place,
    "spaghetti": _remember_place,
    "disk_full": _show,
    "door_open": _pause_for,
    "no_file": _lose_file,
}
_LATER: dict[str, Effect] = {
    "heater_fault": _heater_seen,
    "thermal_runaway": _runaway_seen,
    "clog": _pause_for,
}
_AFTER: dict[str, Effect] = {
    "filament_runout": _refill,
    "heater_fault": _heater_mended,
    "thermal_runaway": _runaway_mended,
    "power_cut": _power_back,
    "emergency_stop": _restarted,
}
