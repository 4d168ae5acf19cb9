"""The camera: where its pictures are."""

from litestar import get
from litestar.params import FromPath
from litestar.response import Redirect

from printyard.apis.ultimaker.caller import Caller, Here
from printyard.apis.ultimaker.routes.verbs import read
from printyard.apis.ultimaker.schemas import Camera
from printyard.apis.ultimaker.views import peripherals as view
from printyard.core.errors import NotFound

STREAM, SNAPSHOT = "stream", "snapshot"


def feed_url(caller: Caller) -> str:
    """The live picture's address as this client can follow it; "" without a camera."""
    return picture_url(caller, STREAM) if caller.facets.camera is not None else ""


def picture_url(caller: Caller, action: str) -> str:
    """The address of a kind of picture, as this client can follow it."""
    return caller.door.urls.printer_url(caller.visit, view.WEBCAM, action=action)


def redirect(caller: Caller, index: str, action: str) -> Redirect:
    """To the picture of the one camera, number 0. Raises NotFound."""
    if index != "0" or caller.facets.camera is None:
        raise NotFound(f"There is no camera {index}.")
    return Redirect(picture_url(caller, action), status_code=302)


@read("/camera")
async def camera(caller: Here) -> Camera:
    """The camera, with its live picture's address."""
    return view.camera(feed_url(caller))


@read("/camera/feed")
async def feed(caller: Here) -> str:
    """The live picture's address; "" without a camera."""
    return feed_url(caller)


@get("/camera/{index:str}/stream", status_code=302)
async def stream(caller: Here, index: FromPath[str]) -> Redirect:
    """To the live picture."""
    return redirect(caller, index, STREAM)


@get("/camera/{index:str}/snapshot", status_code=302)
async def snapshot(caller: Here, index: FromPath[str]) -> Redirect:
    """To the newest still."""
    return redirect(caller, index, SNAPSHOT)


HANDLERS = [camera, feed, stream, snapshot]
