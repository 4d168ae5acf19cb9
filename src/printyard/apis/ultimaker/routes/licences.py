"""Premium features of the device and their licences."""

from typing import Any

from litestar.params import FromPath

from printyard.apis.ultimaker.bodies import Asked
from printyard.apis.ultimaker.caller import Here
from printyard.apis.ultimaker.documents import document_sent
from printyard.apis.ultimaker.routes.verbs import act_answered, read
from printyard.core.errors import NotFound
from printyard.core.model.user import Right
from printyard.core.ports import facets

LICENCE_BYTES = 256 * 1024


def licences_of(parts: facets.Facets) -> facets.Licences:
    """Raises NotFound for a printer without premium features, as the document has it."""
    if parts.licences is None:
        raise NotFound("This printer does not support premium features.")
    return parts.licences


@read("/licenses")
async def licences(caller: Here) -> dict[str, str]:
    """Each premium feature, and whether it is licensed."""
    return await licences_of(caller.facets).list()


@act_answered("/licenses")
async def install(caller: Here, request: Asked) -> list[str]:
    """Install a licence file; the features that it covers."""
    granted = licences_of(caller.facets_for(Right.CONFIGURE))
    return list(await granted.install(await document_sent(request, LICENCE_BYTES)))


@read("/licenses/{module_id:str}")
async def licence(caller: Here, module_id: FromPath[str]) -> dict[str, Any]:
    """The licence of a feature; {} without one."""
    return await licences_of(caller.facets).data(module_id)


HANDLERS = [licences, install, licence]
