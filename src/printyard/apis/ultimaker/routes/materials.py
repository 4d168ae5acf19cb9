"""Materials: the profiles that the yard knows, as documents in XML."""

from litestar.params import FromPath

from printyard.apis.ultimaker.bodies import Asked
from printyard.apis.ultimaker.caller import Here
from printyard.apis.ultimaker.documents import document_sent
from printyard.apis.ultimaker.routes.verbs import act, read, remove, write
from printyard.core.errors import Invalid, NotFound
from printyard.core.model.material import Material
from printyard.dialects.ultimaker import material_xml
from printyard.dialects.ultimaker.profiles import material_of

NO_MATERIAL = "Not found"


def document_of(material: Material) -> str:
    """The profile as it was uploaded, or rendered for one that came with the yard."""
    return material.document or material_xml.render(material_xml.profile_of(material))


@read("/materials")
async def materials(caller: Here) -> list[str]:
    """Every profile as a document."""
    return [document_of(material) for material in await caller.core.materials.all(caller.principal)]


@act("/materials")
async def add_material(caller: Here, request: Asked) -> None:
    """Part `file`; `filename` and `signature_file` may be missing. Signatures cannot be checked: they are dropped."""
    document = await document_sent(request, material_xml.MAX_BYTES)
    await caller.core.materials.put(caller.principal, material_of(document))


@read("/materials/{material_guid:str}")
async def one_material(caller: Here, material_guid: FromPath[str]) -> str:
    """The profile's document, in a JSON text."""
    try:
        return document_of(await caller.core.materials.get(caller.principal, material_guid))
    except NotFound:
        raise NotFound(NO_MATERIAL) from None


@write("/materials/{material_guid:str}")
async def replace_material(caller: Here, material_guid: FromPath[str], request: Asked) -> None:
    """As a form with the part `file`, or the profile itself as the body."""
    await caller.core.materials.get(caller.principal, material_guid)
    material = material_of(await document_sent(request, material_xml.MAX_BYTES))
    if material.guid != material_guid.lower():
        raise Invalid(f"The profile is that of the material {material.guid}.")
    await caller.core.materials.put(caller.principal, material, known=True)


@remove("/materials/{material_guid:str}")
async def delete_material(caller: Here, material_guid: FromPath[str]) -> None:
    """Forget a profile."""
    await caller.core.materials.remove(caller.principal, material_guid)


HANDLERS = [materials, add_material, one_material, replace_material, delete_material]
