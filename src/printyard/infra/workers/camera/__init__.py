"""The worker "camera": draws what the cameras of virtual printers see."""

from printyard.infra.workers.camera.studio import Studio
from printyard.infra.workers.tasks import Draw
from printyard.infra.workers.worker import Handlers


def handlers() -> Handlers:
    """What the worker does, with a studio of its own."""
    studio = Studio()
    return {Draw: lambda task, _: studio.picture(task.scene)}
