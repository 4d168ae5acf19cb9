"""Every kind of machine that a driver knows has limits that can be dumped, read again, and planned with."""

import io
import json

import pytest

from printyard.app.registry import discover
from printyard.core.analysis import limits_of
from printyard.gcode.cli import config_json
from printyard.gcode.limits import Limits
from printyard.gcode.reference import analyse

MACHINES = {f"{name}-{machine.id}": machine for name, spec in discover().drivers.items() for machine in spec.machines}
MOVES = b"G28\nM83\nG1 X10 Y10 F6000\nG1 X60 E2\nG1 X60 Y60 E2\n"


@pytest.fixture(params=MACHINES.values(), ids=list(MACHINES))
def machine(request):
    return request.param


def test_a_dumped_configuration_is_the_machines_limits(machine):
    limits = limits_of(machine)
    assert Limits.from_config(json.loads(config_json(limits))) == limits
    assert 0.0 < analyse(io.BytesIO(MOVES), limits).plan_seconds < 60.0


def test_firmware_retraction_takes_time_where_the_firmware_has_it(machine):
    limits = limits_of(machine)
    plain = analyse(io.BytesIO(MOVES), limits).total
    retracted = analyse(io.BytesIO(MOVES + b"G10\nG0 X10\nG11\n"), limits).total
    assert ("Firmware retract" in retracted.kind_times) is (machine.flavor in {"klipper", "marlin"})
    assert "Firmware retract" not in plain.kind_times
