"""Routes, one module per facet of the document. A handler is parse, ask core, render."""

from collections.abc import Awaitable, Callable

from litestar.types import ControllerRouterHandler

from printyard.apis.ultimaker.caller import Caller
from printyard.apis.ultimaker.routes import (
    auth,
    bed,
    camera,
    diagnostics,
    extruders,
    heads,
    history,
    led,
    licences,
    materials,
    network,
    peripherals,
    print_job,
    printer,
    system,
    validation,
)  # fmt: skip
from printyard.serving.reply import Reply

HANDLERS: list[ControllerRouterHandler] = [
    handler
    for facet in (
        auth, bed, camera, diagnostics, extruders, heads, history, led, licences, materials, network, peripherals,
        print_job, printer, system, validation,
    )
    for handler in facet.HANDLERS
]  # fmt: skip
"""Every handler of the API, with paths below its root."""

POLLED: dict[tuple[str, ...], Callable[[Caller], Awaitable[Reply]]] = {
    ("printer",): printer.printer.fn,
    ("printer", "status"): printer.status.fn,
    ("print_job",): print_job.print_job.fn,
}
"""What clients ask for every second or two, by its path below the API's root."""
