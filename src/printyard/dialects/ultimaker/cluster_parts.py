"""Parts that the answers of a group have in common, on the network and in the cloud, made from the core's values.

There are no instants here: each API has its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import pi

from msgspec import Struct

from printyard.core.model import verdict
from printyard.core.model.material import Material
from printyard.core.model.needs import ToolNeed
from printyard.core.model.state import PrinterState, Severity, Tool
from printyard.core.model.verdict import Standing
from printyard.dialects.ultimaker.cluster import CHANGES, FAULT_SEVERITIES, IMPEDIMENTS

NO_MATERIAL = "empty"
"""What Cura itself calls a place without material."""


class ClusterMaterial(Struct, frozen=True):
    """A material as a person knows it. Never null within a configuration: Cura's pages would fail on it."""

    guid: str
    brand: str
    color: str
    material: str


class Configuration(Struct, frozen=True):
    """What is mounted in one place, or what a print asks of it. Amounts in mm3, temperature in Celsius."""

    extruder_index: int
    material: ClusterMaterial
    print_core_id: str | None = None
    temperature: float | None = None
    estimated_material_volume: float | None = None
    original_material_volume: float | None = None


class BuildPlate(Struct, frozen=True):
    """The plate; temperature in Celsius."""

    type: str
    temperature: float | None = None


class ConfigurationChange(Struct, frozen=True):
    """What somebody has to change on a printer before it can print a job."""

    type_of_change: str
    target_id: str
    origin_id: str
    index: int | None
    target_name: str
    origin_name: str
    is_overridable: bool


class Impediment(Struct, frozen=True):
    """Why a job cannot be printed. `severity` is a number as text, or UNFIXABLE."""

    translation_key: str
    severity: str


Library = Mapping[str, Material]
"""Material profiles by GUID, in lower case."""


def library(materials: Sequence[Material]) -> dict[str, Material]:
    """The profiles by GUID."""
    return {material.guid: material for material in materials}


def cluster_material(guid: str, known: Library, without: str = "") -> ClusterMaterial:
    """A material by its GUID; one that the yard does not know keeps its GUID, and has no names.

    `without` is what one calls it that there is no GUID; Cura calls a material without a name unknown.
    """
    profile = known.get(guid.lower())
    if profile is not None:
        return ClusterMaterial(profile.guid, profile.brand, profile.color, profile.material)
    return ClusterMaterial(guid, "", "", "" if guid else without)


def material_name(guid: str, known: Library) -> str:
    """A material as one says it: "White PLA", "Generic PLA"; the GUID for one that the yard does not know."""
    profile = known.get(guid.lower())
    if profile is None:
        return guid or NO_MATERIAL
    first = profile.color if profile.color.lower() != "generic" else profile.brand
    return " ".join(filter(None, (first, profile.material)))


def mounted(state: PrinterState, known: Library) -> list[Configuration]:
    """What is in a printer, place by place."""
    return [_mounted(number, tool, known) for number, tool in enumerate(state.tools)]


def _mounted(number: int, tool: Tool, known: Library) -> Configuration:
    return Configuration(
        extruder_index=number,
        material=cluster_material(tool.material.guid if tool.material is not None else "", known, NO_MATERIAL),
        print_core_id=tool.nozzle.name if tool.nozzle is not None else "",
        temperature=tool.heater.current,
    )


def asked_for(tools: Sequence[ToolNeed], known: Library, diameter_mm: float = 2.85) -> list[Configuration]:
    """What a print asks of the places that it uses; `diameter_mm` is of filament that no profile describes."""
    return [
        Configuration(
            extruder_index=need.tool,
            material=cluster_material(need.material_guid, known),
            print_core_id=need.nozzle_name,
            estimated_material_volume=(volume := _volume_mm3(need, known, diameter_mm)),
            original_material_volume=volume,
        )
        for need in tools
    ]


def _volume_mm3(need: ToolNeed, known: Library, diameter_mm: float) -> float:
    profile = known.get(need.material_guid)
    diameter = profile.diameter_mm if profile is not None and profile.diameter_mm else diameter_mm
    return round(need.filament_mm * pi * diameter**2 / 4.0, 1)


def changes_of(standing: Standing | None) -> list[ConfigurationChange]:
    """What somebody has to change on a printer."""
    return [
        ConfigurationChange(
            type_of_change=CHANGES[change.kind],
            target_id=change.target_id,
            origin_id=change.origin_id,
            index=change.tool,
            target_name=change.target_name,
            origin_name=change.origin_name,
            is_overridable=change.overridable,
        )
        for change in (standing.changes if standing is not None else ())
    ]


def impediments_of(found: Iterable[verdict.Impediment], *, unfixable: str = "") -> list[Impediment]:
    """What stands in a job's way; what passes by itself does not count.

    `unfixable` is said instead of a number, where the client knows such a word.
    """
    return [
        Impediment(IMPEDIMENTS[one.key], FAULT_SEVERITIES[one.severity] if one.fixable or not unfixable else unfixable)
        for one in found
        if one.severity > Severity.NOTICE
    ]
