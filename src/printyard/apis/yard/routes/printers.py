"""Printers: look at them, add, change and remove them."""

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from printyard.apis.yard import schemas
from printyard.apis.yard.desk import AtDesk
from printyard.apis.yard.views import tag_of
from printyard.serving.cache import rendered

ROOT = "/yard/v1/printers"
ONE = "/yard/v1/printers/{slug:str}"


@get(ROOT, tags=["printers"])
async def list_printers(desk: AtDesk) -> Response[list[schemas.Printer]]:
    """All printers that the caller may see, in the order in which they were added."""
    shown = desk.views.all(desk.principal)
    body = b"[" + b",".join(view.body for view in shown) + b"]"
    return rendered(body, tag_of(desk.core.epoch, shown)).reply()


@get(ONE, tags=["printers"])
async def get_printer(desk: AtDesk, slug: FromPath[str]) -> Response[schemas.Printer]:
    """One printer."""
    view = desk.views.get(desk.principal, slug)
    return rendered(view.body, tag_of(desk.core.epoch, [view])).reply()


@post(ROOT, tags=["printers"])
async def add_printer(desk: AtDesk, data: JSONBody[schemas.NewPrinter]) -> Response[schemas.Printer]:
    """Add a printer and begin to drive it; the answer is the new printer."""
    added = await desk.core.printers.add(desk.principal, data.name, data.driver, data.settings)
    view = desk.views.get(desk.principal, added.slug)
    return Response(view.printer, status_code=201, headers={"location": view.printer.urls.self})


@patch(ONE, tags=["printers"])
async def change_printer(
    desk: AtDesk, slug: FromPath[str], data: JSONBody[schemas.PrinterChange]
) -> schemas.Printer:  # fmt: skip
    """Change a printer's name (here and on its display; the slug stays), or what the yard decides about it."""
    printer_id = desk.printer_id(slug)
    decided = {
        name: value for name in ("enabled", "in_maintenance", "note") if (value := getattr(data, name)) is not UNSET
    }
    if data.name is not UNSET:
        await desk.core.printers.rename(desk.principal, printer_id, data.name)
    if decided:
        await desk.core.printers.decide(desk.principal, printer_id, **decided)
    return desk.views.get(desk.principal, slug).printer


@delete(ONE, tags=["printers"])
async def remove_printer(desk: AtDesk, slug: FromPath[str]) -> None:
    """Take a printer out of the yard; its history stays."""
    await desk.core.printers.remove(desk.principal, desk.printer_id(slug))


@post(ONE + "/plate-cleared", status_code=204, tags=["printers"])
async def plate_cleared(desk: AtDesk, slug: FromPath[str]) -> None:
    """The finished print was taken off. 409 if there is none, or a print is under way."""
    await desk.core.printers.clear_plate(desk.principal, desk.printer_id(slug))


HANDLERS = [list_printers, get_printer, add_printer, change_printer, remove_printer, plate_cleared]
