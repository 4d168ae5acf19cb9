"""Authentication: ask for access, see what a person answered, prove it by digest."""

from litestar.params import FromPath

from printyard.apis.ultimaker.bodies import Asked, fields_of, optional_text, sent, text
from printyard.apis.ultimaker.caller import Here
from printyard.apis.ultimaker.routes.verbs import act_answered, read
from printyard.apis.ultimaker.schemas import Access, Message
from printyard.apis.ultimaker.translate import AUTHORIZATION
from printyard.core.errors import Unauthenticated


@act_answered("/auth/request")
async def request_access(caller: Here, request: Asked) -> Access:
    """Anybody may ask; a person answers on the display or in the yard. `user` may be missing."""
    said = fields_of(await sent(request))
    public_id, key = await caller.core.access.ask(
        caller.printer_id,
        text(said, "application"),
        optional_text(said, "user"),
        optional_text(said, "host_name"),
        optional_text(said, "exclusion_key"),
    )
    return Access(id=public_id, key=key)


@read("/auth/check/{public_id:str}")
async def check_access(caller: Here, public_id: FromPath[str]) -> Message:
    """What was answered so far."""
    return Message(AUTHORIZATION[await caller.core.access.check(caller.printer_id, public_id)])


@read("/auth/verify")
async def verify_access(caller: Here) -> Message:
    """Whether the credential is right: 401 without one, 403 for an application that was denied."""
    if not caller.principal.authenticated:
        raise Unauthenticated("This needs a credential.")
    return Message("ok")


HANDLERS = [request_access, check_access, verify_access]
