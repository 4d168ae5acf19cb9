"""Routes, one module per thing of the group. A handler is parse, ask core, render."""

from collections.abc import Awaitable, Callable

from litestar.types import ControllerRouterHandler

from printyard.apis.cura_lan.caller import Caller
from printyard.apis.cura_lan.routes import history, materials, print_jobs, printers
from printyard.serving.reply import Reply

HANDLERS: list[ControllerRouterHandler] = [
    handler for thing in (printers, history, print_jobs, materials) for handler in thing.HANDLERS
]
"""Every handler of the group, with paths below its root."""

POLLED: dict[tuple[str, ...], Callable[[Caller], Awaitable[Reply]]] = {
    ("printers",): printers.printers.fn,
    ("print_jobs",): print_jobs.print_jobs.fn,
}
"""What Cura asks for every two seconds, by its path below the group's root."""
