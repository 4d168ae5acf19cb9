"""How the camera's door is put together."""

from litestar.di import Provide

from printyard.apis.webcam.routes import HANDLERS
from printyard.apis.webcam.translate import STATUSES, envelope
from printyard.serving.app import api_app
from printyard.serving.asgi import AsgiApp
from printyard.serving.spec import Door


def build(door: Door) -> AsgiApp:
    """The app of this API."""
    core = {"core": Provide(lambda: door.core, sync_to_thread=False)}
    return api_app(door, HANDLERS, statuses=STATUSES, envelope=envelope, dependencies=core)
