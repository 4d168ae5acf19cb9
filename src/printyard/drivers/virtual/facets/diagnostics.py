"""What the machine knows of its own health; nothing of it is the server's."""

import msgspec

from printyard.core.errors import Busy
from printyard.core.model.state import Activity
from printyard.core.model.value import MICROSECONDS
from printyard.core.ports.facets import FlowSamples, SensorNoise
from printyard.drivers.virtual.condition import BED, Run
from printyard.drivers.virtual.device import Device
from printyard.drivers.virtual.heat import celsius, curve_at, reading
from printyard.drivers.virtual.mainboard import Mainboard
from printyard.drivers.virtual.noise import jitter

MOST_SAMPLES = 1000
SENSORS = 3
NOISE_READINGS = 50
PROBES = 3
_SENSOR, _MEMORY, _PLATE = 41, 44, 45


class SelfTest:
    """core.ports.facets.Diagnostics."""

    def __init__(self, board: Mainboard) -> None:
        self._board = board

    async def sensor_noise(self) -> tuple[SensorNoise, ...]:
        async with self._board.reached() as device:
            if device.activity() is not Activity.IDLE:
                raise Busy("The printer does something else.")
            return tuple(_noise(device, number) for number in range(SENSORS))

    async def temperature_flow(self, count: int, before: float | None) -> FlowSamples:
        async with self._board.reached() as device:
            now = int(device.condition.now)
            newest = now if before is None else min(now, -int(-before // 1) - 1)
            oldest = max(newest - min(count, MOST_SAMPLES), -1)
            rows = tuple(_row(device, float(second)) for second in range(newest, oldest, -1))
            return FlowSamples(columns=_columns(device), rows=rows)

    async def probing_report(self) -> bytes | None:
        async with self._board.reached() as device:
            levelled = device.condition.levelled
            if levelled is None or levelled > device.condition.now:
                return None
            width, depth, _ = device.machine.volume_mm
            points = [
                {
                    "x": round(width * (column + 1) / (PROBES + 1), 1),
                    "y": round(depth * (row + 1) / (PROBES + 1), 1),
                    "z": round(0.12 * jitter(device.condition.seed, _PLATE + row * PROBES + column, int(levelled)), 4),
                }
                for row in range(PROBES)
                for column in range(PROBES)
            ]
            return msgspec.json.encode({"seconds": round(levelled, 3), "points": points})

    async def log(self, boot: int, lines: int) -> tuple[str, ...]:
        async with self._board.reached() as device:
            condition = device.condition
            of_boot = [line for line in condition.log if line.boot == condition.boots + min(boot, 0)]
            return tuple(f"[{line.seconds:.3f}] {line.text}" for line in of_boot[-lines:]) if lines > 0 else ()

    async def memory(self) -> tuple[int, int]:
        async with self._board.reached() as device:
            total = device.traits.memory_bytes
            busy = 0.08 if device.condition.run is not None else 0.0
            wobble = 0.02 * jitter(device.condition.seed, _MEMORY, int(device.condition.now) // 10)
            return total, int(total * (0.42 + busy + wobble))

    async def uptime_seconds(self) -> float:
        async with self._board.reached() as device:
            return round(device.condition.now - device.condition.booted, 3)

    async def utc_seconds(self) -> float:
        async with self._board.reached():
            return self._board.at / MICROSECONDS


def _noise(device: Device, sensor: int) -> SensorNoise:
    """Fifty readings of a sensor that nobody touches."""
    second = int(device.condition.now)
    seed = device.condition.seed
    readings = [
        1000.0 + 3.0 * jitter(seed, _SENSOR + sensor, second * NOISE_READINGS + number)
        for number in range(NOISE_READINGS)
    ]
    mean = sum(readings) / NOISE_READINGS
    variance = sum((value - mean) ** 2 for value in readings) / NOISE_READINGS
    return SensorNoise(
        minimum=round(min(readings), 3),
        maximum=round(max(readings), 3),
        mean=round(mean, 3),
        variance=round(variance, 4),
    )


def _columns(device: Device) -> tuple[str, ...]:
    names = ["time"]
    for tool in range(device.machine.tools):
        names += [f"temperature{tool}", f"target{tool}", f"flow{tool}"]
    return (*names, "bed_temperature", "bed_target")


def _row(device: Device, second: float) -> tuple[float, ...]:
    """All of one past second, computed: the curves and laps that held then are remembered."""
    values = [second]
    flow = _flow(device, second)
    for tool in range(device.machine.tools):
        values += [*_heat(device, tool, second), flow[tool]]
    return (*values, *_heat(device, BED, second))


def _heat(device: Device, number: int, second: float) -> tuple[float, float]:
    """Reading and target; the room where nothing is remembered."""
    condition = device.condition
    heater = device.heater(number)
    curve = curve_at(heater, second) if heater is not None else None
    channel = number if number != BED else 49
    if curve is None:
        return reading(condition.ambient, condition.seed, channel, second), 0.0
    true = celsius(curve, second, device.physique(number), condition.ambient)
    return reading(true, condition.seed, channel, second), curve.target


def _flow(device: Device, second: float) -> tuple[float, ...]:
    """Filament in mm/s, by tool, over the second before."""
    run, plan = device.condition.run, device.plan
    none = (0.0,) * device.machine.tools
    if run is None or plan is None:
        return none
    after, before = (_plan_second(run, at) for at in (second, second - 1.0))
    if after is None or before is None or after <= before:
        return none
    pairs = zip(plan.at(after).filament_mm, plan.at(before).filament_mm, strict=True)
    flow = tuple(round(a - b, 4) for a, b in pairs)[: device.machine.tools]
    return (*flow, *none[len(flow) :])


def _plan_second(run: Run, second: float) -> float | None:
    """Where the plan stood at a past second; None before the first lap that is remembered."""
    found = None
    for number, lap in enumerate(run.laps):
        if lap.begin > second:
            break
        found = number
    if found is None:
        return None
    lap = run.laps[found]
    if not lap.moving:
        return lap.plan_seconds
    end = run.laps[found + 1].plan_seconds if found + 1 < len(run.laps) else run.plan_at(second)
    return min(lap.plan_seconds + second - lap.begin, end)
