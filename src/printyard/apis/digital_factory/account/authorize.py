"""/account/authorize: a program sends somebody here, who says yes or no."""

from typing import Any
from urllib.parse import urlsplit

from litestar import Request, get, post

from printyard.apis.digital_factory.account.asking import NotAsked, Question, back, denial, question_of
from printyard.apis.digital_factory.account.rendering import page
from printyard.apis.digital_factory.account.scopes import told
from printyard.apis.digital_factory.account.signing_in import login_page, scope_of
from printyard.apis.digital_factory.desk import AtDesk, Desk
from printyard.core.access.sessions import form_token
from printyard.core.errors import Invalid
from printyard.serving.answers import Answer
from printyard.serving.asgi import text_header
from printyard.serving.browser import FORM_BYTES, check_form, see_other, session_secret
from printyard.serving.forms import read_form
from printyard.serving.reply import Reply, reply

Asked = Request[Any, Any, Any]

HERE = frozenset({"localhost", "127.0.0.1", "::1"})


@get("/account/authorize", include_in_schema=False)
async def ask(request: Asked, desk: AtDesk) -> Reply:
    """Who is not signed in gets the log-in page, who is the question."""
    try:
        question = await question_of(request, desk)
    except NotAsked as refused:
        return reply(see_other(refused.location))
    session = session_secret(scope_of(request), desk.principal)
    if session:
        return reply(consent_page(desk, question, session))
    if text_header(scope_of(request), b"sec-fetch-site") == "cross-site":
        # A browser keeps the session's cookie back when another site sends it here: from here to here it does not.
        return reply(page(desk.prefix, "again.html", query=question.query))
    return reply(login_page(request, desk, question, name=request.query_params.get("login_hint", "")[:100]))


@post("/account/authorize", include_in_schema=False)
async def answer(request: Asked, desk: AtDesk) -> Reply:
    """The answer: yes brings the program a code, no tells it so."""
    try:
        question = await question_of(request, desk)
    except NotAsked as refused:
        return reply(see_other(refused.location))
    form = await read_form(request, limit=FORM_BYTES)
    session = session_secret(scope_of(request), desk.principal)
    check_form(session, form.get("form_token", ""))
    match form.get("decision"):
        case "allow":
            code = await desk.core.oauth.allow(desk.principal, question.request)
            return reply(see_other(back(question.request.redirect_uri, question.state, code=code)))
        case "deny":
            return reply(see_other(denial(question)))
        case _:
            raise Invalid("The answer is allow or deny.")


def consent_page(desk: Desk, question: Question, session: str) -> Answer:
    """The question: which program, what for, where to, and as whom."""
    redirect_uri, client = question.request.redirect_uri, question.client
    target = urlsplit(redirect_uri)
    return page(
        desk.prefix, "consent.html", also=redirect_uri, question=question, who=desk.principal.name,
        role=desk.principal.role.value, form_token=form_token(session),
        meanings=told(question.request.rights & client.rights, desk.principal.role),
        target=target.netloc or f"{target.scheme}:", here=target.hostname in HERE,
    )  # fmt: skip


@get("/account/app/auth-success", include_in_schema=False)
async def succeeded(desk: AtDesk) -> Reply:
    """Where Cura sends the browser when it has its tokens."""
    return reply(page(desk.prefix, "done.html", title="Signed in", message="You can close this page and go back."))


@get("/account/app/auth-error", include_in_schema=False)
async def failed(desk: AtDesk) -> Reply:
    """Where Cura sends the browser when it has none."""
    message = "The program did not get access. Go back to it and try again."
    return reply(page(desk.prefix, "done.html", title="Not signed in", message=message))


HANDLERS = [ask, answer, succeeded, failed]
