"""A print's way through its phases; each function moves it at an exact second of the printer's clock.

Between two of them nothing happens but what follows in closed form: the plan's clock runs (MOTION) or stands.
"""

from collections.abc import Callable

from printyard.core.model.file import Blob
from printyard.core.model.state import DevicePrint, Outcome, PauseCause
from printyard.core.model.value import Instant
from printyard.drivers.virtual.condition import BED, HISTORY, NEVER, Lap, Left, Outline, Phase, Run, Trouble
from printyard.drivers.virtual.device import Device
from printyard.drivers.virtual.head import HOMING_SECONDS, put, rest_second, travel
from printyard.drivers.virtual.progress import NONE, progress_at
from printyard.drivers.virtual.script import WAITS, foresee_runout, next_stop, pass_events, run_of, tool_of
from printyard.gcode.plan import PlanEvent, PlanEventKind

PROBING_SECONDS = 14.0
PARKING_SECONDS = 4.0
RETURNING_SECONDS = 3.0
STOPPING_SECONDS = 5.0
FINISHING_SECONDS = 8.0
LIFT_MM = 10.0
LAPS = 48


def begin(device: Device, seconds: float, ref: str, name: str, token: str, blob: Blob, outline: Outline) -> None:
    """Start a print of the file whose plan the device holds (without one, it waits to be failed)."""
    condition = device.condition
    run = Run(
        ref=ref,
        name=name,
        token=token,
        blob=blob,
        started_at=device.instant(seconds),
        started=seconds,
        outline=outline,
        tool=0,
    )
    condition.run, condition.last, condition.outcome, condition.reason = run, None, None, ""
    condition.local, condition.local_name = blob, name
    condition.message = ""
    condition.preheats = []
    condition.troubles = [trouble for trouble in condition.troubles if trouble.kind != "no_file"]
    device.log(seconds, f"print started: {name}")
    for spool in condition.spools:
        if spool is not None:
            spool.base_mm = 0.0
    plan = device.plan
    if plan is None:
        return
    first = plan.summary.first_extrusion_seconds or 0.0
    waits = [event.seconds for event in plan.events if event.kind in WAITS and event.seconds <= first]
    run.prepared = max(waits, default=0.0)
    run.stop = next_stop(plan.events, 0)
    foresee_runout(device)
    _prepare(device, rest_second(condition.head, seconds), 0)


def step(device: Device, seconds: float) -> None:
    """The phase is over at this second: begin the next."""
    run = run_of(device)
    if run.phase is Phase.PREPARE:
        _prepare(device, seconds, run.step + 1)
    elif run.phase is Phase.MOTION:
        _motion_over(device, seconds)
    elif run.phase is Phase.WAITING:
        _move(device, seconds)
    elif run.phase is Phase.PAUSING:
        _enter(run, Phase.PAUSED, seconds, NEVER)
    elif run.phase is Phase.RESUMING:
        _go_back(device, seconds)
    elif run.phase is Phase.CANCELLING:
        end(device, seconds, Outcome.CANCELLED)
    elif run.phase is Phase.FINISHING:
        end(device, seconds, Outcome.COMPLETED)
    device.touch()


def pause(device: Device, seconds: float, cause: PauseCause) -> None:
    """Lift the head and wait for somebody; nothing if it waits already."""
    run = run_of(device)
    if run.phase in (Phase.PAUSING, Phase.PAUSED, Phase.CANCELLING, Phase.FINISHING):
        return
    if run.phase is not Phase.RESUMING:
        _freeze(device, seconds)
        run.back = run.phase
        run.targets = [heater.target for heater in device.condition.heaters]
    run.cause = cause
    _enter(run, Phase.PAUSING, seconds, seconds + PARKING_SECONDS)
    _lap(run, seconds, moving=False)
    _park(device, seconds, PARKING_SECONDS)
    device.log(seconds, f"print paused ({cause.value})")
    device.touch()


def resume(device: Device, seconds: float) -> None:
    """Heat what has cooled, go back to the part."""
    run = run_of(device)
    for tool, celsius in enumerate(run.targets):
        if celsius > device.condition.heaters[tool].target:
            device.turn(tool, seconds, celsius)
    warm = max(device.ready_second(tool, seconds) for tool in range(device.machine.tools))
    _enter(run, Phase.RESUMING, seconds, warm + RETURNING_SECONDS)
    moment = device.moment(run.plan_seconds)
    if moment is not None and run.back is not Phase.PREPARE:
        travel(device.condition.head, warm, (moment.x, moment.y, moment.z), RETURNING_SECONDS)
    device.log(seconds, "print resumed")
    device.touch()


def stop_clock(device: Device, seconds: float, phase: Phase) -> None:
    """Hold the print in a phase until somebody does something."""
    _enter(run_of(device), phase, seconds, NEVER)


def cancel(device: Device, seconds: float) -> None:
    """Stop heating, lift the head, end."""
    run = run_of(device)
    _freeze(device, seconds)
    _enter(run, Phase.CANCELLING, seconds, seconds + STOPPING_SECONDS)
    _lap(run, seconds, moving=False)
    device.heaters_off(seconds)
    device.condition.fan = 0.0
    _park(device, seconds, STOPPING_SECONDS)
    device.touch()


def fail(device: Device, seconds: float, reason: str) -> None:
    """End the print at once."""
    _freeze(device, seconds)
    device.heaters_off(seconds)
    end(device, seconds, Outcome.FAILED, reason)


def end(device: Device, seconds: float, outcome: Outcome, reason: str = "") -> None:
    """Settle what was used, remember the print, leave the plate as it is."""
    condition, run = device.condition, run_of(device)
    drawn = device.filament_mm(seconds)
    condition.last_progress = progress_at(device, seconds, drawn)
    _settle(device, seconds, drawn)
    ended = DevicePrint(
        ref=run.ref,
        name=run.name,
        started_at=Instant(run.started_at),
        token=run.token,
        size=run.blob.size,
        ended_at=device.instant(seconds),
        outcome=outcome,
        elapsed_seconds=round(seconds - run.started, 3),
        filament_mm=tuple(round(length, 3) for length in drawn),
        reason=reason,
    )
    moment = device.moment(run.plan_at(seconds))
    if moment is not None and any(length > 0.0 for length in drawn):
        condition.occupied = True
        condition.left = Left(run.blob, run.outline.limits, moment.move)
    condition.last, condition.outcome, condition.reason = ended, outcome, reason
    condition.history = [ended, *condition.history[: HISTORY - 1]]
    condition.run = None
    condition.fan = 0.0
    condition.clear = seconds + condition.clears_plate_after if condition.occupied else NEVER
    device.log(seconds, f"print ended: {outcome.value}" + (f" ({reason})" if reason else ""))
    device.touch()


def clear_plate(device: Device, seconds: float) -> None:
    """The part is off the plate."""
    condition = device.condition
    condition.occupied, condition.last, condition.clear = False, None, NEVER
    condition.last_progress, condition.left = NONE, None
    condition.troubles = [t for t in condition.troubles if t.kind not in {"print_detached", "spaghetti"}]
    device.log(seconds, "plate cleared")
    device.touch()


def _enter(run: Run, phase: Phase, seconds: float, until: float) -> None:
    run.phase, run.begin, run.until = phase, seconds, until


def _lap(run: Run, seconds: float, *, moving: bool) -> None:
    run.laps = [*run.laps[1 - LAPS :], Lap(seconds, run.plan_seconds, moving)]


def _freeze(device: Device, seconds: float) -> None:
    """Stop the plan's clock at this second; the head stays where it is."""
    run = run_of(device)
    if run.phase is Phase.MOTION:
        pass_events(device, seconds)
        put(device.condition.head, device.place(seconds))
        run.plan_seconds = run.plan_at(seconds)


def _prepare(device: Device, seconds: float, first: int) -> None:
    """Home, heat the bed, heat the nozzles, probe: the first of these that takes time is the phase."""
    run = run_of(device)
    for number in range(first, len(_STEPS)):
        until = _STEPS[number](device, seconds)
        if until > seconds:
            run.step = number
            _enter(run, Phase.PREPARE, seconds, until)
            return
    _move(device, seconds)


def _home(device: Device, seconds: float) -> float:
    head = device.condition.head
    head.homed = True
    return travel(head, seconds, device.traits.home, HOMING_SECONDS)


def _heat_bed(device: Device, seconds: float) -> float:
    celsius = run_of(device).outline.bed_celsius
    if not celsius:
        return seconds
    device.turn(BED, seconds, celsius)
    return device.ready_second(BED, seconds)


def _heat_nozzles(device: Device, seconds: float) -> float:
    until = seconds
    for tool, celsius in enumerate(run_of(device).outline.tool_celsius):
        if celsius:
            device.turn(tool, seconds, celsius)
            until = max(until, device.ready_second(tool, seconds))
    return until


def _probe(device: Device, seconds: float) -> float:
    if not device.traits.levels:
        return seconds
    device.condition.levelled = seconds + PROBING_SECONDS
    width, depth, _ = device.machine.volume_mm
    return travel(device.condition.head, seconds, (width / 2, depth / 2, LIFT_MM), PROBING_SECONDS)


_STEPS: tuple[Callable[[Device, float], float], ...] = (_home, _heat_bed, _heat_nozzles, _probe)


def _move(device: Device, seconds: float) -> None:
    """Let the plan's clock run to the next thing that stops it."""
    run, plan = run_of(device), device.plan
    if plan is None:
        fail(device, seconds, "the file is gone")
        return
    run.limit = plan.summary.total_seconds
    if run.stop < len(plan.events):
        run.limit = min(run.limit, plan.events[run.stop].seconds)
    if run.runout is not None:
        run.limit = min(run.limit, run.runout[0])
    run.limit = max(run.limit, run.plan_seconds)
    _enter(run, Phase.MOTION, seconds, seconds + (run.limit - run.plan_seconds))
    _lap(run, seconds, moving=True)


def _motion_over(device: Device, seconds: float) -> None:
    run, plan = run_of(device), device.plan
    if plan is None:
        fail(device, seconds, "the file is gone")
        return
    pass_events(device, seconds)
    _freeze(device, seconds)
    run.plan_seconds = run.limit
    if run.runout is not None and run.runout[0] <= run.limit:
        _run_out(device, seconds, run.runout[1])
    elif run.stop < len(plan.events) and plan.events[run.stop].seconds <= run.limit:
        event = plan.events[run.stop]
        run.index = run.stop + 1
        run.stop = next_stop(plan.events, run.index)
        if event.kind is PlanEventKind.PAUSE:
            pause(device, seconds, PauseCause.FILE)
        else:
            _await_heat(device, seconds, event)
    else:
        _finish(device, seconds)


def _run_out(device: Device, seconds: float, tool: int) -> None:
    run = run_of(device)
    spool = device.condition.spools[tool]
    if spool is not None:
        drawn = device.filament_mm(seconds)[tool]
        spool.remaining_mm, spool.base_mm = 0.0, drawn
    run.runout = None
    device.condition.troubles.append(
        Trouble("filament_runout", since=seconds, tool=tool, shown_at=device.instant(seconds))
    )
    pause(device, seconds, PauseCause.FILAMENT)


def _await_heat(device: Device, seconds: float, event: PlanEvent) -> None:
    run = run_of(device)
    number = BED if event.kind is PlanEventKind.WAIT_BED else tool_of(event, run)
    if event.value is not None:
        device.turn(number, seconds, event.value)
    until = device.ready_second(number, seconds, cooling=event.waits_for_cooling)
    if until <= seconds:
        _move(device, seconds)
        return
    _enter(run, Phase.WAITING, seconds, until)
    _lap(run, seconds, moving=False)


def _go_back(device: Device, seconds: float) -> None:
    """After a pause: what it interrupted goes on; a wait or a preparation is looked at anew."""
    run = run_of(device)
    run.cause = None
    if run.back is Phase.PREPARE:
        _prepare(device, seconds, run.step)
        return
    if run.back is Phase.WAITING:
        until = max(device.ready_second(number, seconds) for number in range(BED, device.machine.tools))
        if until > seconds:
            _enter(run, Phase.WAITING, seconds, until)
            return
    _move(device, seconds)


def _finish(device: Device, seconds: float) -> None:
    run = run_of(device)
    device.heaters_off(seconds)
    device.condition.fan = 0.0
    _enter(run, Phase.FINISHING, seconds, seconds + FINISHING_SECONDS)
    _lap(run, seconds, moving=False)
    _park(device, seconds, FINISHING_SECONDS)


def _park(device: Device, seconds: float, duration: float) -> None:
    x, y = device.traits.park
    z = min(device.place(seconds)[2] + LIFT_MM, device.machine.volume_mm[2])
    head = device.condition.head
    put(head, device.place(seconds))
    travel(head, seconds, (x, y, z), duration)


def _settle(device: Device, seconds: float, drawn: tuple[float, ...]) -> None:
    """Take what was drawn off the spools, and onto the print cores' statistics."""
    condition, run = device.condition, run_of(device)
    for tool, length in enumerate(drawn):
        spool, fitted = condition.spools[tool], condition.nozzles[tool]
        if spool is not None:
            spool.remaining_mm = device.remaining_mm(tool, length) or 0.0
            spool.base_mm = 0.0
        condition.feeder_mm[tool] += length
        if fitted is not None and length > 0.0:
            fitted.extruded_mm += length
            fitted.hot_seconds += seconds - run.started
            fitted.last_material_guid = spool.guid if spool is not None else fitted.last_material_guid
