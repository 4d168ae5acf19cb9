"""A printer as the check of a file sees it."""

from msgspec.structs import replace

from printyard.core.machine_facts import machine_facts
from printyard.core.model.machine import MachineModel, MachineSetup
from printyard.core.model.material import Material
from printyard.core.model.state import LoadedMaterial, Nozzle, PrinterState, Temperature, Tool
from printyard.gcode.check import ToolFacts

GUID = "506C9F0D-e3aa-4bd4-b2d2-23e2425b1aa9"
PLA = Material(guid=GUID.lower(), version=1, brand="Generic", material="PLA", color="Red", organization_id="home")
PRODUCT = MachineModel(
    id="box", variant="The Box", volume_mm=(330.0, 240.0, 300.0), tools=2, flavor="griffin", bom_numbers=(9051,),
    plate_types=("glass", "aluminum"), max_nozzle_celsius=280.0, max_bed_celsius=140.0,
)  # fmt: skip
GENERIC = replace(PRODUCT, bom_numbers=(), tools=1, flavor="other")
FULL = Tool(
    heater=Temperature(current=20.0), nozzle=Nozzle(name="AA 0.4", diameter_mm=0.4),
    material=LoadedMaterial(guid=GUID, remaining_mm=1234.0),
)  # fmt: skip
EMPTY = Tool(heater=Temperature(current=20.0))


def test_a_product_says_what_is_mounted_and_loaded():
    facts = machine_facts(
        PRODUCT, PrinterState(tools=(FULL, EMPTY)), MachineSetup(plate_type="aluminum"), {PLA.guid: PLA}
    )
    assert facts.names == ("The Box", "box")
    assert (facts.volume_mm, facts.flavor, facts.plate_type) == ((330.0, 240.0, 300.0), "griffin", "aluminum")
    assert (facts.max_nozzle_celsius, facts.max_bed_celsius, facts.has_bed, facts.has_chamber) == (
        280.0,
        140.0,
        True,
        False,
    )
    first, second = facts.tools
    assert first == ToolFacts(
        nozzle_mm=0.4, core_name="AA 0.4", material_guid=GUID, material_type="PLA", loaded=True, filament_left_mm=1234.0
    )
    assert second == ToolFacts(loaded=False)


def test_of_a_generic_machine_nothing_is_claimed_that_nobody_knows():
    facts = machine_facts(GENERIC, PrinterState(tools=(FULL, EMPTY)), MachineSetup())
    assert (facts.names, facts.plate_type) == ((), "")
    assert facts.tools == (
        ToolFacts(nozzle_mm=0.4, material_guid=GUID, loaded=True, filament_left_mm=1234.0),
        ToolFacts(),
    )


def test_a_kind_alone_and_a_printer_that_was_never_heard_have_unknown_tools():
    for facts in (machine_facts(PRODUCT), machine_facts(PRODUCT, PrinterState(), MachineSetup(plate_type="steel"))):
        assert facts.tools == (ToolFacts(), ToolFacts())
        assert facts.plate_type == ""


def test_a_machine_without_its_driver_is_unknown():
    facts = machine_facts(MachineModel(id="gone", variant="gone", volume_mm=(0.0, 0.0, 0.0), tools=0, flavor=""))
    assert (facts.volume_mm, facts.max_nozzle_celsius, facts.has_bed, facts.tools) == (None, None, None, ())
