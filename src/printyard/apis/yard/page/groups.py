"""The page of the groups: which printers share a queue, whose turn it is there, and the forms that change it."""

from collections import Counter
from typing import Any

import msgspec
from litestar import Request, get, post
from litestar.params import FromPath

from printyard.apis.yard import schemas
from printyard.apis.yard.desk import AtDesk
from printyard.apis.yard.page.actions import accepted, back
from printyard.apis.yard.page.rendering import page
from printyard.apis.yard.page.signing_in import may_look, session_of, to_login
from printyard.apis.yard.page.words import DISCIPLINES
from printyard.apis.yard.queueing import group_of
from printyard.core.errors import Invalid, NotFound
from printyard.core.model.group import Discipline
from printyard.serving.reply import Reply, reply

Asked = Request[Any, Any, Any]

PATH = "/groups"


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A group as the page shows it, and how many jobs wait in its queue."""

    group: schemas.Group
    waiting: int


@get(PATH, include_in_schema=False)
async def groups(request: Asked, desk: AtDesk) -> Reply:
    """All groups, and the printers that are in none with others."""
    if not may_look(desk):
        return to_login(desk)
    found = [group_of(one) for one in await desk.core.groups.all(desk.principal)]
    names = {view.printer.slug: view.printer.name for view in desk.views.all(desk.principal)}
    waiting = Counter[str](job.group_id for job in await desk.core.jobs.waiting(desk.principal))
    return reply(page(
        desk, session_of(request, desk), "groups.html", disciplines=DISCIPLINES,
        groups=[Shown(group=one, waiting=waiting[one.id]) for one in found if not one.own],
        alone=[slug for one in found if one.own for slug in one.printers],
        names=names,
    ))  # fmt: skip


@post("/page/groups", include_in_schema=False)
async def add_group(request: Asked, desk: AtDesk) -> Reply:
    """Make a group, without printers."""
    form = await accepted(request, desk)
    await desk.core.groups.create(desk.principal, form.get("name", ""), _discipline(form))
    return back(desk, form)


@post("/page/groups/{id:str}/{verb:str}", include_in_schema=False)
async def act_on_group(request: Asked, desk: AtDesk, id: FromPath[str], verb: FromPath[str]) -> Reply:  # noqa: A002
    """One of the buttons of a group."""
    form = await accepted(request, desk)
    service, principal = desk.core.groups, desk.principal
    match verb:
        case "change":
            await service.change(principal, id, name=form.get("name", ""), discipline=_discipline(form))
        case "join":
            await service.join(principal, id, desk.printer_id(form.get("printer", "")))
        case "leave":
            await service.leave(principal, id, desk.printer_id(form.get("printer", "")))
        case "remove":
            await service.remove(principal, id)
        case _:
            raise NotFound("There is no such button.")
    return back(desk, form)


def _discipline(form: dict[str, str]) -> Discipline:
    try:
        return Discipline(form.get("discipline", ""))
    except ValueError:
        raise Invalid("There is no such order of a queue.") from None


HANDLERS = [groups, add_group, act_on_group]
