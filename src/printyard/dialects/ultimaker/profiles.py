"""Material profiles that clients send: documents in XML become the core's values."""

from typing import BinaryIO

from printyard.core.errors import Invalid, TooLarge
from printyard.core.model.material import Material
from printyard.core.model.user import HOME
from printyard.dialects.ultimaker import material_xml
from printyard.gcode.archives import members_named
from printyard.gcode.container import ContainerError

SUFFIX = ".xml.fdm_material"


def material_of(document: bytes) -> Material:
    """A profile that was sent. Raises Invalid, TooLarge."""
    try:
        profile, text = material_xml.parse(document), document.decode("utf-8-sig")
    except material_xml.MaterialXmlError as error:
        kind = TooLarge if error.code == "too_large" else Invalid
        raise kind(error.message, code=error.code) from error
    except UnicodeDecodeError as error:
        raise Invalid("A material profile must be in UTF-8.") from error
    return Material(
        guid=profile.guid.lower(),
        version=profile.version,
        brand=profile.brand,
        material=profile.material,
        color=profile.color,
        organization_id=HOME,
        label=profile.label,
        color_code=profile.color_code or "#ffffff",
        density=profile.density,
        diameter_mm=profile.diameter_mm,
        weight_grams=profile.weight_grams,
        print_celsius=profile.print_celsius,
        bed_celsius=profile.bed_celsius,
        standby_celsius=profile.standby_celsius,
        document=text,
    )


def materials_of(archive: BinaryIO) -> list[Material]:
    """The profiles in an archive (.umm: a zip of .xml.fdm_material files). Raises Invalid, TooLarge."""
    try:
        documents = members_named(archive, SUFFIX)
    except ContainerError as error:
        raise Invalid(error.message, code=error.code) from error
    return [material_of(document) for document in documents]
