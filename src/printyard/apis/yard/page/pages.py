"""The pages, and the pieces of them that the script draws anew."""

from typing import Any

from litestar import Request, get
from litestar.params import FromPath, FromQuery

from printyard.apis.yard import schemas
from printyard.apis.yard.cursors import cursor, cursor_text
from printyard.apis.yard.decisions import pending, slugs_of
from printyard.apis.yard.desk import AtDesk, Desk
from printyard.apis.yard.page.rendering import page
from printyard.apis.yard.page.signing_in import may_look, session_of, to_login
from printyard.apis.yard.page.waiting import waiting_of
from printyard.apis.yard.schemas import Word
from printyard.apis.yard.translate import job_of
from printyard.core.access.rules import may
from printyard.core.errors import NotFound
from printyard.core.model.job import Job
from printyard.core.model.material import Material
from printyard.core.model.user import Right
from printyard.core.model.verdict import JobStanding
from printyard.serving.reply import Reply, reply

HISTORY = 10
PAGE = 50
WAITING = 100
"""So many of the jobs that wait are shown."""

NEED_SOMEBODY = frozenset({Word.FAULT, Word.HALTED, Word.PAUSED, Word.ASKING, Word.OCCUPIED})
IN_PRINT = frozenset({Word.PREPARING, Word.PRINTING, Word.PAUSING, Word.RESUMING, Word.FINISHING, Word.CANCELLING})

Asked = Request[Any, Any, Any]


@get(["/", "/printers"], include_in_schema=False)
async def wall(request: Asked, desk: AtDesk) -> Reply:
    """The yard's wall: each printer as a card."""
    if not may_look(desk):
        return to_login(desk)
    printers = [view.printer for view in desk.views.all(desk.principal)]
    words = [printer.state.word for printer in printers]
    return reply(page(
        desk, session_of(request, desk), "wall.html", printers=printers, approvals=await approvals_of(desk),
        materials=await materials_of(desk, printers),
        counts={
            "printing": sum(word in IN_PRINT for word in words),
            "waiting": sum(word in NEED_SOMEBODY for word in words),
            "ready": sum(word is Word.IDLE for word in words),
        },
    ))  # fmt: skip


@get("/printers/{slug:str}", include_in_schema=False)
async def printer_page(request: Asked, desk: AtDesk, slug: FromPath[str]) -> Reply:
    """One printer."""
    if not may_look(desk):
        return to_login(desk)
    return reply(page(desk, session_of(request, desk), "printer.html", **await detail(desk, slug)))


@get("/print_jobs", include_in_schema=False)
async def print_jobs(request: Asked, desk: AtDesk, before: FromQuery[str] = "") -> Reply:
    """What waits, and what was printed."""
    if not may_look(desk):
        return to_login(desk)
    slugs = slugs_of(desk.core, desk.principal)
    names = {view.printer.slug: view.printer.name for view in desk.views.all(desk.principal)}
    known = {printer_id: names[slug] for printer_id, slug in slugs.items()}
    waiting = [] if before else await desk.core.jobs.waiting(desk.principal)
    standings = await standings_of(desk, waiting[:WAITING])
    past = await desk.core.jobs.history(desk.principal, limit=PAGE + 1, before=cursor(before) if before else None)
    return reply(page(
        desk, session_of(request, desk), "jobs.html",
        waiting=[waiting_of(job, standings.get(job.id), desk.principal, slugs, known) for job in waiting[:WAITING]],
        count=len(waiting),
        history=[job_of(job, slugs) for job in past[:PAGE]],
        older=cursor_text(past[PAGE - 1]) if len(past) > PAGE else "",
        approvals=[] if before else await approvals_of(desk),
        names=names,
    ))  # fmt: skip


@get("/page/cards/{slug:str}", include_in_schema=False)
async def card(request: Asked, desk: AtDesk, slug: FromPath[str]) -> Reply:
    """One card of the wall."""
    printer = desk.views.get(desk.principal, slug).printer
    materials = await materials_of(desk, [printer])
    return reply(page(desk, session_of(request, desk), "card.html", printer=printer, materials=materials))


@get("/page/details/{slug:str}", include_in_schema=False)
async def details(request: Asked, desk: AtDesk, slug: FromPath[str]) -> Reply:
    """The part of a printer's page that changes."""
    return reply(page(desk, session_of(request, desk), "detail.html", **await detail(desk, slug)))


@get("/page/approvals", include_in_schema=False)
async def approvals(request: Asked, desk: AtDesk) -> Reply:
    """What waits for an answer."""
    return reply(page(desk, session_of(request, desk), "approvals.html", approvals=await approvals_of(desk)))


async def detail(desk: Desk, slug: str) -> dict[str, Any]:
    """What the page of one printer shows."""
    view = desk.views.get(desk.principal, slug)
    printer = view.printer
    past = await desk.core.jobs.history(desk.principal, printer_id=view.snapshot.printer.id, limit=HISTORY)
    sandbox: dict[str, Any] | None = None
    if printer.urls.sandbox is not None and may(desk.principal, Right.MANAGE):
        sandbox = await desk.core.printers.sandbox(desk.principal, view.snapshot.printer.id).status()
    return {
        "printer": printer,
        "history": [job_of(job, {view.snapshot.printer.id: slug}) for job in past],
        "materials": await materials_of(desk, [printer]),
        "sandbox": sandbox,
    }


async def approvals_of(desk: Desk) -> list[schemas.Approval]:
    """What waits for an answer, for those who may give it."""
    return await pending(desk.core, desk.principal) if may(desk.principal, Right.MANAGE) else []


async def standings_of(desk: Desk, waiting: list[Job]) -> dict[str, JobStanding]:
    """What jobs wait for, by id."""
    found: dict[str, JobStanding] = {}
    for group_id in dict.fromkeys(job.group_id for job in waiting):
        found |= await desk.core.standings.group(desk.principal, group_id)
    return found


async def materials_of(desk: Desk, printers: list[schemas.Printer]) -> dict[str, Material]:
    """The profiles of what is loaded, by GUID; of unknown ones nothing."""
    guids = {tool.material_guid for printer in printers for tool in printer.state.tools if tool.material_guid}
    found = {}
    for guid in guids:
        try:
            found[guid] = await desk.core.materials.get(desk.principal, guid)
        except NotFound:
            continue
    return found


HANDLERS = [wall, printer_page, print_jobs, card, details, approvals]
