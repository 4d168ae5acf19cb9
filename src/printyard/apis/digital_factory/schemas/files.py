"""Uploaded print files on the wire, and what is known of them."""

from typing import Annotated

from msgspec import Meta

from printyard.apis.digital_factory.instant import Instant
from printyard.apis.digital_factory.schemas import words
from printyard.apis.digital_factory.schemas.printers import Model


class AttachmentResponse(Model):
    """A file that came with another."""

    content_type: words.ContentType
    download_url: words.Url
    file_name: words.FileName


class PrintJobMaterialMetadata(Model):
    """A material; density in g/cm3, diameter in mm, weight in g."""

    brand: str | None = None
    color: str | None = None
    density: float | None = None
    diameter: float | None = None
    guid: words.Uuid | None = None
    material: str | None = None
    weight: float | None = None


class PrintJobInfillMetadata(Model):
    """The infill; density in percent."""

    density: int
    is_gradual: bool


class PrintJobExtruderMetadata(Model):
    """What a file asks of an extruder; volumes in mm3."""

    extruder_index: int
    estimated_material_volume: int | None = None
    infill: PrintJobInfillMetadata | None = None
    initial_temperature: int | None = None
    material: PrintJobMaterialMetadata | None = None
    nozzle_diameter: float | None = None
    original_material_volume: int | None = None
    print_core_id: str | None = None
    temperature: float | None = None


class PrintJobBuildPlateMetadata(Model):
    """What a file asks of the build plate."""

    initial_temperature: float | None = None
    temperature: float | None = None
    type: str | None = None


class PrintJobBuildVolumeMetadata(Model):
    """What a file asks of the build volume."""

    temperature: float | None = None


class PrintJobCoordinatesMetadata(Model):
    """A corner of what is printed, in mm."""

    x: float | None = None
    y: float | None = None
    z: float | None = None


class PrintJobGeneratorMetadata(Model):
    """What made the file."""

    build_date: Instant | None = None
    name: str | None = None
    version: str | None = None


class PrintJobPresetMetadata(Model):
    """The slicer's preset."""

    layer_height: Annotated[float, Meta(ge=0)]
    quality: str | None = None
    type: str | None = None


class PrintJobPrintMetadata(Model):
    """The print itself: estimated time in seconds, and its corners."""

    estimated_time: int | None = None
    groups: int | None = None
    has_adhesion: bool | None = None
    has_support: bool | None = None
    max_size: PrintJobCoordinatesMetadata | None = None
    min_size: PrintJobCoordinatesMetadata | None = None
    preset: PrintJobPresetMetadata | None = None


class PrintJobMetadata(Model):
    """What is known of a file."""

    build_plate: PrintJobBuildPlateMetadata | None = None
    build_volume: PrintJobBuildVolumeMetadata | None = None
    extruders: list[PrintJobExtruderMetadata] | None = None
    flavor: str | None = None
    generator: PrintJobGeneratorMetadata | None = None
    header_version: str | None = None
    machine_variant: str | None = None
    print: PrintJobPrintMetadata | None = None


class PrintJobResponse(Model):
    """An uploaded print file."""

    job_id: words.Id44
    status: str
    access_key: words.Id44 | None = None
    attachments: list[AttachmentResponse] | None = None
    content_type: words.ContentType | None = None
    download_url: words.Url | None = None
    file_size: words.FileSize | None = None
    generated_time: Instant | None = None
    is_submitted: bool | None = None
    job_name: str | None = None
    library_project_id: words.Id44 | None = None
    metadata: PrintJobMetadata | None = None
    notes: Annotated[str, Meta(max_length=150)] | None = None
    parsing_status: str | None = None
    preview_image_url: words.Url | None = None
    source_file_id: words.Id44 | None = None
    status_description: str | None = None
    submitter_name: words.SubmitterName | None = None
    upload_url: words.Url | None = None
    uploaded_at: Instant | None = None
    user_id: words.Id44 | None = None
    username: words.Username | None = None


class MaterialProfileUploadRequest(Model):
    """A package of material profiles that is announced."""

    content_type: words.ContentType
    file_size: Annotated[int, Meta(ge=1, le=1073741824)]
    material_profile_name: words.FileName
    origin: str


class MaterialProfileResponse(Model):
    """An announced or uploaded package of material profiles."""

    client_id: words.Id44
    content_type: words.ContentType
    material_profile_id: words.Id44
    material_profile_name: str
    status: str
    user_id: words.Id44
    username: words.Username
    file_size: words.FileSize | None = None
    status_description: str | None = None
    upload_url: words.Url | None = None
