"""Materials: Cura compares its profiles with these, and sends those that are missing or older here."""

from printyard.apis.cura_lan.caller import Asked, Here
from printyard.apis.cura_lan.routes.verbs import read, store
from printyard.apis.cura_lan.schemas import Material, Message
from printyard.core.access.rules import require
from printyard.core.errors import Invalid
from printyard.core.model.user import Right
from printyard.dialects.ultimaker import material_xml
from printyard.dialects.ultimaker.profiles import material_of
from printyard.serving.forms import no_file
from printyard.serving.uploads import received_form

FILE = "file"


@read("/materials")
async def materials(caller: Here) -> list[Material]:
    """Every profile that the yard knows; a version of 0 would stop Cura from reading any."""
    found = await caller.core.materials.all(caller.principal)
    return [Material(one.guid, one.version) for one in found if one.version > 0]


@store("/materials")
async def add_material(caller: Here, request: Asked) -> Message:
    """A form with `file`, and maybe `signature_file`, which cannot be checked: it is dropped. 200 is all Cura takes."""
    require(caller.principal, Right.CONFIGURE)
    limit = material_xml.MAX_BYTES
    async with received_form(request, no_file, limit=limit, field_limit=limit) as form:
        document = form.fields.get(FILE, "").encode()
    if not document.strip():
        raise Invalid("The file is missing.")
    await caller.core.materials.put(caller.principal, material_of(document))
    return Message("Material profile was added.")


HANDLERS = [materials, add_material]
