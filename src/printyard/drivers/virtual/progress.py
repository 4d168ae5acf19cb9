"""How far a print is, at a second of the printer's clock."""

from printyard.core.model.state import Progress
from printyard.drivers.virtual.device import Device

NONE = Progress()


def progress_at(device: Device, seconds: float, drawn: tuple[float, ...]) -> Progress:
    """The progress of the print on the machine; `drawn` is the filament that it has used, by tool (mm)."""
    run, plan = device.condition.run, device.plan
    if run is None or plan is None:
        return NONE
    done = run.plan_at(seconds)
    moment = device.moment(done)
    summary = plan.summary
    first, total = summary.first_extrusion_seconds, summary.total_seconds
    begun = moment is not None and first is not None and done > first
    return Progress(
        fraction=round(done / total, 6) if total > 0.0 else 0.0,
        elapsed_seconds=round(seconds - run.started, 3),
        total_seconds=round(total, 3),
        layer=moment.layer + 1 if moment is not None and begun else 0,
        layers=summary.layers,
        filament_mm=tuple(round(length, 3) for length in drawn),
        byte_offset=moment.byte_offset if moment is not None else 0,
    )
