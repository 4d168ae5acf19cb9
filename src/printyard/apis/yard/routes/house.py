"""The yard as a whole: settings, drivers, and the server."""

from litestar import get, patch
from litestar.params import JSONBody

import printyard
from printyard.apis.yard import schemas
from printyard.apis.yard.desk import AtDesk, Desk
from printyard.core.access.rules import require
from printyard.core.model.user import Right
from printyard.core.model.value import seconds_between


@get("/yard/v1/settings", tags=["yard"])
async def get_settings(desk: AtDesk) -> schemas.Settings:
    """The settings that people change while the yard runs."""
    require(desk.principal, Right.READ)
    return _settings(desk)


@patch("/yard/v1/settings", tags=["yard"])
async def change_settings(desk: AtDesk, data: JSONBody[schemas.SettingsChange]) -> schemas.Settings:
    """Choose the front printer (null: the first one of the yard)."""
    slug = data.front_printer
    printer_id = None if slug is None else desk.printer_id(slug)
    await desk.core.settings.set_front_printer(desk.principal, printer_id)
    return _settings(desk)


@get("/yard/v1/server", tags=["yard"])
async def get_server(desk: AtDesk) -> schemas.Server:
    """The program that answers, and how far its log goes."""
    began, shown = desk.office.began, desk.core.printers.all(desk.principal)
    return schemas.Server(
        version=printyard.__version__,
        epoch=desk.core.epoch,
        started_at=schemas.instant(began),
        uptime_seconds=round(seconds_between(began, desk.core.clock.now()), 3),
        printers=len(shown),
        newest_fact=desk.core.history.newest,
        oldest_fact=await desk.core.history.oldest(),
        storage_degraded=any(snapshot.storage_degraded for snapshot in shown),
    )


def _settings(desk: Desk) -> schemas.Settings:
    front = desk.core.settings.front_printer()
    shown = [
        snapshot.printer.slug for snapshot in desk.core.printers.all(desk.principal) if snapshot.printer.id == front
    ]
    return schemas.Settings(front_printer=shown[0] if shown else None)


HANDLERS = [get_settings, change_settings, get_server]
