"""The form of "add a virtual printer"."""

from typing import Annotated

from msgspec import Meta, Struct

MAX_SPEED = 10_000.0

Speed = Annotated[float, Meta(gt=0.0, le=MAX_SPEED)]
Length = Annotated[float, Meta(ge=0.0, le=10_000_000.0)]


class VirtualSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`model` is the name on the box, whatever its case. `speed`: how many times as fast its clock runs.

    `seed` makes its noise, serial numbers and surroundings (None: from the printer's id). Per tool, None for what the
    model comes with: `materials` are GUIDs and `print_cores` names ("" leaves the tool empty), `spool_mm` what is on
    the spools. `clears_plate_after_seconds`: a robot takes each print off so long after its end (printer seconds; None:
    nobody does).
    """

    model: str = "Ultimaker S5"
    speed: Speed = 1.0
    seed: int | None = None
    materials: tuple[str, ...] | None = None
    print_cores: tuple[str, ...] | None = None
    spool_mm: tuple[Length, ...] | None = None
    clears_plate_after_seconds: Annotated[float, Meta(ge=0.0)] | None = None
