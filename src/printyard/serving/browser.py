"""Browsers that signed in: their session's cookie, forms that are ours, and the way on after one."""

from printyard.core.access.sessions import same_form_token
from printyard.core.errors import Forbidden
from printyard.core.model.user import Principal
from printyard.serving.answers import Answer
from printyard.serving.asgi import Scope, text_header
from printyard.serving.credentials import cookie
from printyard.serving.doorkeeper import SESSION_COOKIE

FORM_BYTES = 16 * 1024


def session_secret(scope: Scope, principal: Principal) -> str:
    """The secret of the caller's session; "" for who did not come with one that is good."""
    if text_header(scope, b"authorization") or text_header(scope, b"x-api-key"):
        return ""
    return cookie(text_header(scope, b"cookie"), SESSION_COOKIE) if principal.authenticated else ""


def session_cookie(secret: str, seconds: int, *, scheme: str, path: str, name: str = SESSION_COOKIE) -> tuple[str, str]:
    """The header that sets a cookie (0 seconds: ends it): not for scripts, and never sent along by other sites."""
    secure = "; Secure" if scheme == "https" else ""
    return "set-cookie", f"{name}={secret}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"


def check_form(session: str, sent: str) -> None:
    """Raises Forbidden for a form that did not come from our own page."""
    if not session or not same_form_token(session, sent):
        raise Forbidden("This form is not from this page, or is too old: load the page again.", code="bad_form_token")


def see_other(path: str, *headers: tuple[str, str]) -> Answer:
    """Go there with GET."""
    return Answer(303, headers=(("location", path), ("cache-control", "no-store"), *headers))
