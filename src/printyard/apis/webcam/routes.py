"""The one address of a camera."""

from typing import Any, TypeAlias

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from printyard.apis.webcam.watching import Stream
from printyard.core.errors import Invalid, NotFound, Offline
from printyard.core.facade import Core
from printyard.core.model.state import Link
from printyard.core.model.user import Principal
from printyard.core.ports.facets import Camera
from printyard.serving.answers import Answer
from printyard.serving.reply import Reply, reply
from printyard.serving.visit import principal_of, visit_of

JPEG = "image/jpeg"

AtCore: TypeAlias = NamedDependency[Core]


@get("/webcam", media_type=JPEG)
async def webcam(request: Request[Any, Any, Any], core: AtCore, action: FromQuery[str] = "stream") -> Response[bytes]:
    """A picture (`snapshot`) or pictures as they come (`stream`). 404 without a camera, 503 while it is offline."""
    camera = camera_of(core, principal_of(request), visit_of(request).printer_id or "")
    match action:
        case "snapshot":
            return reply(Answer(200, await camera.snapshot(), JPEG))
        case "stream":
            return Reply(Stream(camera))
        case _:
            raise Invalid("The action is stream or snapshot.")


def camera_of(core: Core, principal: Principal, printer_id: str) -> Camera:
    """The camera of a printer that can be reached. Raises NotFound, Offline."""
    shown = core.printers.get(principal, printer_id)
    camera = core.printers.facets(principal, printer_id).camera
    if camera is None:
        raise NotFound("This printer has no camera.")
    if shown.state.link is Link.OFFLINE:
        raise Offline("The printer cannot be reached.")
    return camera


HANDLERS = [webcam]
