"""What the page's forms do. They work without a script; each brings the session's form token."""

import re
from typing import Any

from litestar import Request, post
from litestar.params import FromPath

from printyard.apis.yard.decisions import decide
from printyard.apis.yard.desk import AtDesk, Desk
from printyard.apis.yard.handing_in import hand_in
from printyard.apis.yard.page.signing_in import session_of
from printyard.core.access.rules import require
from printyard.core.commands import AnswerQuestion
from printyard.core.errors import Invalid, NotFound
from printyard.core.model.user import Right, Role
from printyard.serving.browser import FORM_BYTES, check_form, see_other
from printyard.serving.forms import read_form
from printyard.serving.reply import Reply, reply

OWN_PATH = re.compile(r"/(?:[a-z0-9_-]+(?:/[a-z0-9-]+)?)?")
"""The pages to which a form may lead back: never another host's."""

Asked = Request[Any, Any, Any]


async def accepted(request: Asked, desk: Desk) -> dict[str, str]:
    """The form's fields. Raises Forbidden without its token."""
    form = await read_form(request, limit=FORM_BYTES)
    check_form(session_of(request, desk), form.get("form_token", ""))
    return form


def back(desk: Desk, form: dict[str, str]) -> Reply:
    """To the page on which the form was."""
    path = form.get("next", "/")
    return reply(see_other(desk.office.prefix + (path if OWN_PATH.fullmatch(path) else "/")))


@post("/page/printers/{slug:str}/{verb:str}", include_in_schema=False)
async def act(request: Asked, desk: AtDesk, slug: FromPath[str], verb: FromPath[str]) -> Reply:
    """One of the buttons of a printer."""
    form = await accepted(request, desk)
    printer_id, principal, core = desk.printer_id(slug), desk.principal, desk.core
    match verb:
        case "pause":
            await core.jobs.pause(principal, printer_id)
        case "resume":
            await core.jobs.resume(principal, printer_id)
        case "cancel":
            await core.jobs.cancel(principal, printer_id)
        case "plate-cleared":
            await core.printers.clear_plate(principal, printer_id)
        case "enable" | "disable":
            await core.printers.decide(principal, printer_id, enabled=verb == "enable")
        case "answer":
            # An access request may be what the display asks: to answer it takes the right to decide about requests.
            require(principal, Right.MANAGE)
            answer = AnswerQuestion(question_id=form.get("question", ""), answer=form.get("answer", ""))
            await core.printers.ask(principal, printer_id, answer)
        case "speed":
            await core.printers.sandbox(principal, printer_id).set_speed(number(form.get("speed", "")))
        case _:
            raise NotFound("There is no such button.")
    return back(desk, form)


@post("/page/upload/{slug:str}", include_in_schema=False)
async def upload(request: Asked, desk: AtDesk, slug: FromPath[str]) -> Reply:
    """Print a file at once."""
    session = session_of(request, desk)
    await hand_in(
        desk.core, desk.principal, desk.printer_id(slug), request,
        lambda fields: check_form(session, fields.get("form_token", "")), application="Printyard page",
    )  # fmt: skip
    return back(desk, {"next": f"/printers/{slug}"})


@post("/page/approvals/{id:str}", include_in_schema=False)
async def answer_approval(request: Asked, desk: AtDesk, id: FromPath[str]) -> Reply:  # noqa: A002
    """Allow or deny."""
    form = await accepted(request, desk)
    decision = form.get("decision")
    if decision not in {"allow", "deny"}:
        raise Invalid("The answer is allow or deny.")
    await decide(desk.core, desk.principal, id, allow=decision == "allow", role=Role.MEMBER)
    return back(desk, form)


@post("/page/jobs/{id:str}/{verb:str}", include_in_schema=False)
async def act_on_job(request: Asked, desk: AtDesk, id: FromPath[str], verb: FromPath[str]) -> Reply:  # noqa: A002
    """One of the buttons of a job."""
    form = await accepted(request, desk)
    match verb:
        case "withdraw":
            await desk.core.jobs.withdraw(desk.principal, id)
        case "first":
            await desk.core.ordering.move(desk.principal, id, 0)
        case "hold":
            await desk.core.ordering.hold(desk.principal, id)
        case "release":
            await desk.core.ordering.release(desk.principal, id)
        case "force":
            await desk.core.ordering.force(desk.principal, id, confirmed=True)
        case "again":
            await desk.core.jobs.resolve(desk.principal, id, again=True)
        case "settle":
            await desk.core.jobs.resolve(desk.principal, id, again=False)
        case _:
            raise NotFound("There is no such button.")
    return back(desk, form)


def number(text: str) -> float:
    """A number that a person typed. Raises Invalid."""
    try:
        return float(text)
    except ValueError:
        raise Invalid(f"{text[:40]!r} is no number.") from None


HANDLERS = [act, upload, answer_approval, act_on_job]
