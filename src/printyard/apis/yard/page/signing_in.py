"""Signing in: a token, a name with a password, or a link that is good once become a session; signing out ends it."""

from typing import Any

from litestar import Request, get, post

from printyard.apis.yard.desk import AtDesk, Desk
from printyard.apis.yard.page.rendering import html, page
from printyard.core.access.rules import may
from printyard.core.access.sessions import SESSION_SECONDS
from printyard.core.errors import CoreError, Forbidden, Throttled, Unauthenticated
from printyard.core.model.user import Right
from printyard.serving.answers import Answer
from printyard.serving.browser import FORM_BYTES, check_form, see_other, session_cookie, session_secret
from printyard.serving.forms import read_form
from printyard.serving.reply import Reply, reply


def session_of(request: Request[Any, Any, Any], desk: Desk) -> str:
    """The secret of the caller's session; "" for who did not come with one that is good."""
    return session_secret(request.scope, desk.principal)  # type: ignore[arg-type]  # Litestar's own TypedDict


def may_look(desk: Desk) -> bool:
    """Whether the caller may see the page at all."""
    return may(desk.principal, Right.READ)


def to_login(desk: Desk) -> Reply:
    """Where callers go that nobody knows."""
    return reply(see_other(f"{desk.office.prefix}/login"))


@get("/login", include_in_schema=False)
async def login_page(request: Request[Any, Any, Any], desk: AtDesk) -> Reply:
    """The form; a link with a good `once` signs in by itself."""
    if "once" not in request.query_params:
        return reply(page(desk, session_of(request, desk), "login.html", problem="", name=""))
    if not desk.principal.authenticated:
        problem = "This link was used already, or has expired."
        return reply(page(desk, "", "login.html", 401, problem=problem, name=""))
    return reply(signed_in(desk, await desk.core.sessions.open(desk.principal)))


@post("/login", include_in_schema=False)
async def login(request: Request[Any, Any, Any], desk: AtDesk) -> Reply:
    """Sign in with the form: without a name the secret is a token."""
    form = await read_form(request, limit=FORM_BYTES)
    name, secret = form.get("name", ""), form.get("secret", "")
    try:
        return reply(signed_in(desk, await desk.core.sessions.sign_in(name, secret, desk.visit.peer.address)))
    except (Unauthenticated, Forbidden, Throttled) as error:
        status = 429 if isinstance(error, Throttled) else 401
        return reply(page(desk, "", "login.html", status, problem=problem_of(error), name=name))


@post("/logout", include_in_schema=False)
async def logout(request: Request[Any, Any, Any], desk: AtDesk) -> Reply:
    """End the session, here and on the server."""
    session = session_of(request, desk)
    if session:
        form = await read_form(request, limit=FORM_BYTES)
        check_form(session, form.get("form_token", ""))
        await desk.core.sessions.close(session)
    gone = cookie_header(desk, "", 0)
    return reply(see_other(f"{desk.office.prefix}/login", gone))


def signed_in(desk: Desk, session: str) -> Answer:
    """The session's cookie, and a page that goes on by itself.

    No redirect: after a click on another site's link the browser would follow it without the new cookie.
    """
    path = f"{desk.office.prefix}/"
    return html("signed_in.html", headers=(cookie_header(desk, session, round(SESSION_SECONDS)),), path=path)


def cookie_header(desk: Desk, secret: str, seconds: int) -> tuple[str, str]:
    """The session's cookie: not for scripts, and never sent along by other sites."""
    return session_cookie(secret, seconds, scheme=desk.visit.peer.scheme, path=desk.office.prefix or "/")


def problem_of(error: CoreError) -> str:
    """What to tell who could not sign in: never which half was wrong."""
    return (
        error.message if isinstance(error, Throttled | Forbidden) else "That is no valid token, or name and password."
    )


HANDLERS = [login_page, login, logout]
