"""What the file asks for on its way besides motion, and what its plan lets us foresee."""

from printyard.drivers.virtual.condition import BED, Phase, Run
from printyard.drivers.virtual.device import Device
from printyard.gcode.plan import PlanEvent, PlanEventKind

WAITS = frozenset({PlanEventKind.WAIT_NOZZLE, PlanEventKind.WAIT_BED})
_STOPS = WAITS | {PlanEventKind.PAUSE}
MESSAGE_CHARACTERS = 200


def run_of(device: Device) -> Run:
    """The print that is on the machine; there has to be one."""
    run = device.condition.run
    if run is None:
        raise RuntimeError("no print is on the machine")
    return run


def pass_events(device: Device, seconds: float) -> None:
    """Let what the file asks for on the way happen, each at its own second."""
    run, plan = device.condition.run, device.plan
    if run is None or plan is None or run.phase is not Phase.MOTION or run.index >= run.stop:
        return
    events, reached = plan.events, run.plan_at(seconds)
    while run.index < run.stop and events[run.index].seconds <= reached:
        event = events[run.index]
        run.index += 1
        _obey(device, run.begin + (event.seconds - run.plan_seconds), event)


def foresee_runout(device: Device) -> None:
    """Find when in the plan the first spool will be empty."""
    run, plan = run_of(device), device.plan
    found: list[tuple[float, int]] = []
    if plan is None:
        return
    for tool, used in enumerate(plan.summary.filament_mm[: device.machine.tools]):
        spool = device.condition.spools[tool]
        if spool is None:
            continue
        full = spool.base_mm + spool.remaining_mm
        second = plan.seconds_of_filament(tool, full) if used > 0.0 else None
        if second is not None:
            found.append((max(second, run.plan_seconds), tool))
    run.runout = min(found, default=None)


def tool_of(event: PlanEvent, run: Run) -> int:
    """The tool that an event means."""
    return run.tool if event.tool is None else event.tool


def _obey(device: Device, seconds: float, event: PlanEvent) -> None:
    run = run_of(device)
    if event.kind is PlanEventKind.FAN:
        device.condition.fan = event.value or 0.0
    elif event.kind is PlanEventKind.SET_NOZZLE:
        device.turn(tool_of(event, run), seconds, event.value or 0.0)
    elif event.kind is PlanEventKind.SET_BED:
        device.turn(BED, seconds, event.value or 0.0)
    elif event.kind is PlanEventKind.TOOL and event.tool is not None:
        run.tool = event.tool
        device.condition.tool = min(event.tool, device.machine.tools - 1)
        device.touch()
    elif event.kind is PlanEventKind.MESSAGE:
        device.condition.message = event.text[:MESSAGE_CHARACTERS]
        device.touch()


def next_stop(events: tuple[PlanEvent, ...], index: int) -> int:
    """The number of the next event that ends a stretch of motion."""
    return next((number for number in range(index, len(events)) if events[number].kind in _STOPS), len(events))
