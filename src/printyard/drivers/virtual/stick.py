"""The file on the stick that is in the machine: a small hollow tower, printed when somebody starts it at the panel."""

from printyard.core.model.machine import MachineModel

NAME = "Calibration tower.gcode"
SIDE_MM = 20.0
LAYER_MM = 0.2
LAYERS = 40
LINE_MM = 0.4
LOOPS = 3
PRINT_SPEED = 40.0
TRAVEL_SPEED = 150.0
NOZZLE_CELSIUS = 205
BED_CELSIUS = 60


def calibration_tower(machine: MachineModel) -> bytes:
    """G-code for the middle of the machine's plate; the same bytes for the same kind of machine."""
    centre_x, centre_y = machine.volume_mm[0] / 2, machine.volume_mm[1] / 2
    area = 3.141592653589793 * (machine.filament_diameter_mm / 2) ** 2
    per_mm = LINE_MM * LAYER_MM / area
    lines = [
        f"M140 S{BED_CELSIUS}",
        f"M104 S{NOZZLE_CELSIUS}",
        f"M190 S{BED_CELSIUS}",
        f"M109 S{NOZZLE_CELSIUS}",
        "G28",
        "G90",
        "M82",
        "G92 E0",
        f";LAYER_COUNT:{LAYERS}",
    ]
    filament = 0.0
    for layer in range(LAYERS):
        lines += [f";LAYER:{layer}", f"G0 F{TRAVEL_SPEED * 60:g} Z{(layer + 1) * LAYER_MM:.2f}"]
        if layer == 1:
            lines.append("M106 S255")
        for loop in range(LOOPS):
            half = SIDE_MM / 2 - loop * LINE_MM
            corners = ((-half, -half), (half, -half), (half, half), (-half, half), (-half, -half))
            for number, (x, y) in enumerate(corners):
                place = f"X{centre_x + x:.3f} Y{centre_y + y:.3f}"
                if number == 0:
                    lines.append(f"G0 F{TRAVEL_SPEED * 60:g} {place}")
                    continue
                filament += 2 * half * per_mm
                lines.append(f"G1 F{PRINT_SPEED * 60:g} {place} E{filament:.5f}")
    lines += ["M107", "M104 S0", "M140 S0", ""]
    return "\n".join(lines).encode()
