"""Signing in on the way to a consent, and signing out."""

from typing import Any

from litestar import Request, get, post

from printyard.apis.digital_factory.account.asking import NotAsked, Question, question_of
from printyard.apis.digital_factory.account.rendering import page
from printyard.apis.digital_factory.desk import AtDesk, Desk
from printyard.core.access.sessions import SESSION_SECONDS, form_token
from printyard.core.errors import CoreError, Forbidden, Throttled, Unauthenticated
from printyard.serving.answers import Answer
from printyard.serving.asgi import Scope, text_header
from printyard.serving.browser import FORM_BYTES, check_form, see_other, session_cookie, session_secret
from printyard.serving.credentials import cookie
from printyard.serving.forms import read_form
from printyard.serving.reply import Reply, reply

FORM_COOKIE = "printyard_form"
"""Whoever has not signed in has no session that could prove where a form came from: this stands in for it."""

FORM_SECONDS = 3600
SECRET_BYTES = 16

Asked = Request[Any, Any, Any]


@post("/account/login", include_in_schema=False)
async def log_in(request: Asked, desk: AtDesk) -> Reply:
    """The form: a name and password, or a token alone; then on to the consent that it was for."""
    try:
        question = await question_of(request, desk)
    except NotAsked as told:
        return reply(see_other(told.location))
    form = await read_form(request, limit=FORM_BYTES)
    check_form(form_secret(request), form.get("form_token", ""))
    name, secret = form.get("name", ""), form.get("secret", "")
    try:
        session = await desk.core.sessions.sign_in(name, secret, desk.visit.peer.address)
    except (Unauthenticated, Forbidden, Throttled) as error:
        return reply(login_page(request, desk, question, error, name))
    set_cookie = session_cookie(session, round(SESSION_SECONDS), scheme=desk.visit.peer.scheme, path=desk.prefix or "/")
    return reply(see_other(f"{desk.prefix}/account/authorize?{question.query}", set_cookie))


def login_page(
    request: Asked, desk: Desk, question: Question, problem: CoreError | None = None, name: str = ""
) -> Answer:
    """The form for who has not signed in."""
    secret, headers = form_secret(request), list[tuple[str, str]]()
    if not secret:
        secret = desk.core.ids.secret(SECRET_BYTES).hex()
        path = f"{desk.prefix}/account"
        scheme = desk.visit.peer.scheme
        headers.append(session_cookie(secret, FORM_SECONDS, scheme=scheme, path=path, name=FORM_COOKIE))
    if isinstance(problem, Throttled):
        headers.append(("retry-after", str(max(1, round(problem.retry_after_seconds)))))
    status = 200 if problem is None else 429 if isinstance(problem, Throttled) else 401
    return page(
        desk.prefix, "login.html", status, tuple(headers), question=question, problem=sentence(problem), name=name,
        form_token=form_token(secret),
    )  # fmt: skip


def sentence(problem: CoreError | None) -> str:
    """What to tell who could not sign in: never which half was wrong."""
    if problem is None:
        return ""
    if isinstance(problem, Throttled | Forbidden):
        return problem.message
    return "That is no valid token, or name and password."


def form_secret(request: Asked) -> str:
    """What a form of somebody without a session is bound to; "" at the first visit."""
    return cookie(text_header(scope_of(request), b"cookie"), FORM_COOKIE)


def scope_of(request: Asked) -> Scope:
    """The request as the server made it."""
    return request.scope  # type: ignore[return-value]  # Litestar's is a TypedDict of its own


@get(["/account/logout", "/account/logoff"], include_in_schema=False)
async def ask_to_log_out(request: Asked, desk: AtDesk) -> Reply:
    """A button: nobody is signed out by a link."""
    session = session_secret(scope_of(request), desk.principal)
    who, token = (desk.principal.name, form_token(session)) if session else ("", "")
    return reply(page(desk.prefix, "logout.html", who=who, form_token=token))


@post("/account/logout", include_in_schema=False)
async def log_out(request: Asked, desk: AtDesk) -> Reply:
    """End the browser's session; then, if that was on the way to a consent, sign in as somebody else."""
    session = session_secret(scope_of(request), desk.principal)
    if session:
        form = await read_form(request, limit=FORM_BYTES)
        check_form(session, form.get("form_token", ""))
        await desk.core.sessions.close(session)
    prefix = desk.prefix
    gone = session_cookie("", 0, scheme=desk.visit.peer.scheme, path=prefix or "/")
    if "client_id" not in request.query_params:
        return reply(see_other(f"{prefix}/account/logout", gone))
    try:
        question = await question_of(request, desk)
    except NotAsked as told:
        return reply(see_other(told.location, gone))
    return reply(see_other(f"{prefix}/account/authorize?{question.query}", gone))


HANDLERS = [log_in, ask_to_log_out, log_out]
