"""Print files, and what is known of them."""

from printyard.apis.digital_factory.connect.views.printers import Materials
from printyard.apis.digital_factory.cura.content import told_type
from printyard.apis.digital_factory.cura.rendering import Shown
from printyard.apis.digital_factory.instant import instant
from printyard.apis.digital_factory.names import username
from printyard.apis.digital_factory.schemas import files as schemas
from printyard.core.model.file import Analysis, ToolUse

PARSED, NOT_PARSED = "success", "pending"
LARGEST = 1 << 30
"""What the document allows a size to be."""


def source(one: Shown, metadata: schemas.PrintJobMetadata | None) -> schemas.PrintJobResponse:
    """A file, announced by way of this API or come in another."""
    upload = one.upload
    return schemas.PrintJobResponse(
        job_id=one.id,
        status=upload.state.value,
        content_type=told_type(upload),
        download_url=one.download_url,
        file_size=size(upload.size),
        job_name=upload.name,
        library_project_id=one.project_id,
        metadata=metadata,
        parsing_status=NOT_PARSED if metadata is None else PARSED,
        uploaded_at=instant(upload.completed_at or upload.created_at),
        user_id=one.user_id,
        username=username(upload.created_by_name),
    )


def size(count: int) -> int | None:
    """Bytes, if the document has room for them."""
    return count if count <= LARGEST else None


def metadata_of(analysis: Analysis, materials: Materials) -> schemas.PrintJobMetadata:
    """What was found in a file."""
    chamber = analysis.chamber_celsius
    return schemas.PrintJobMetadata(
        build_plate=schemas.PrintJobBuildPlateMetadata(
            initial_temperature=analysis.bed_celsius, type=analysis.plate_type or None
        ),
        build_volume=None if chamber is None else schemas.PrintJobBuildVolumeMetadata(temperature=chamber),
        extruders=[extruder_of(tool, materials) for tool in analysis.tools],
        flavor=analysis.flavor or None,
        generator=schemas.PrintJobGeneratorMetadata(
            name=analysis.slicer or None, version=analysis.slicer_version or None
        ),
        machine_variant=analysis.machine or None,
        print=schemas.PrintJobPrintMetadata(
            estimated_time=round(analysis.seconds or analysis.slicer_seconds or 0.0),
            max_size=corner(analysis.extent_max_mm),
            min_size=corner(analysis.extent_min_mm),
        ),
    )


def extruder_of(tool: ToolUse, materials: Materials) -> schemas.PrintJobExtruderMetadata:
    """What it asks of an extruder."""
    known = materials.get(tool.material_guid.lower())
    celsius = tool.initial_celsius
    return schemas.PrintJobExtruderMetadata(
        extruder_index=tool.tool,
        estimated_material_volume=round(tool.filament_mm3),
        initial_temperature=None if celsius is None else round(celsius),
        material=None
        if known is None
        else schemas.PrintJobMaterialMetadata(
            brand=known.brand, color=known.color, guid=known.guid, material=known.material, density=known.density,
            diameter=known.diameter_mm, weight=known.weight_grams,
        ),
        nozzle_diameter=tool.nozzle_mm,
        print_core_id=tool.nozzle_name or None,
    )  # fmt: skip


def corner(place: tuple[float, float, float] | None) -> schemas.PrintJobCoordinatesMetadata | None:
    """A corner of the print."""
    return None if place is None else schemas.PrintJobCoordinatesMetadata(x=place[0], y=place[1], z=place[2])
