"""What a machine is: kinds of printers, and one printer's own setup."""

from printyard.core.model.state import Vector
from printyard.core.model.value import Value


class MachineModel(Value):
    """A kind of printer. `variant` is the name on the box; lengths in mm, speeds in mm/s, rates in Celsius per second.

    `bom_numbers` are the part numbers by which clients know the kind; `flavor` is the dialect of its G-code.
    """

    id: str
    variant: str
    volume_mm: tuple[float, float, float]
    tools: int
    flavor: str
    filament_diameter_mm: float = 2.85
    bom_numbers: tuple[int, ...] = ()
    max_speed: Vector = Vector(x=300.0, y=300.0, z=40.0)
    max_feeder_speed: float = 45.0
    acceleration: float = 3000.0
    jerk: Vector = Vector(x=20.0, y=20.0, z=0.4)
    nozzle_heat_rate: float = 1.4
    nozzle_cool_rate: float = 0.8
    max_nozzle_celsius: float = 280.0
    max_bed_celsius: float = 110.0
    has_bed: bool = True
    has_chamber: bool = False
    has_air_filter: bool = False
    print_cores: tuple[str, ...] = ()
    plate_types: tuple[str, ...] = ("glass",)


class MachineSetup(Value):
    """What one printer is beyond its kind: name on its display, place, hardware numbers, firmware."""

    type_id: int = 0
    revision: int = 0
    hostname: str = ""
    serial: str = ""
    plate_type: str = "glass"
