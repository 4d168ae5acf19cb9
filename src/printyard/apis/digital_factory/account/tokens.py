"""/account/token: programs fetch their tokens, renew them and give them back."""

import base64
import binascii
from typing import Any
from urllib.parse import unquote_plus

import msgspec
from litestar import Request, delete, post

from printyard.apis.digital_factory.account.scopes import SCOPES
from printyard.apis.digital_factory.desk import AtDesk, Desk
from printyard.core.access.pkce import refused
from printyard.core.errors import (
    CoreError,
    Forbidden,
    Invalid,
    NotFound,
    StorageFull,
    Throttled,
    TimedOut,
    Unauthenticated,
    Unsupported,
)
from printyard.core.model.oauth import Client, Issued
from printyard.serving.answers import Answer, json_answer
from printyard.serving.asgi import text_header
from printyard.serving.envelope import Problem
from printyard.serving.forms import read_form
from printyard.serving.reply import Reply, reply

FORM_BYTES = 16 * 1024
OWN_WORDS = frozenset({
    "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
    "invalid_scope", "unsupported_token_type",
})  # fmt: skip
"""RFC 6749, 5.2, and RFC 7009, 2.2.1."""

AWAY = (StorageFull, Throttled, TimedOut)

Asked = Request[Any, Any, Any]


class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 6749, 5.1; Cura insists on all five."""

    token_type: str
    access_token: str
    refresh_token: str
    expires_in: int
    scope: str


class OAuthFailure(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 6749, 5.2; Cura falls over one without a description."""

    error: str
    error_description: str


@post("/account/token", tags=["account"], status_code=200)
async def issue(request: Asked, desk: AtDesk) -> Reply:
    """Tokens for a code, or for a refresh token."""
    form = await read_form(request, limit=FORM_BYTES)
    grant = form.get("grant_type", "")
    if not grant:
        raise refused("The grant_type is missing.")
    client = await client_of(request, desk, form)
    match grant:
        case "authorization_code":
            issued = await desk.core.oauth.exchange(
                client, needed(form, "code"), needed(form, "redirect_uri"), form.get("code_verifier", "")
            )
        case "refresh_token":
            scopes = tuple(form.get("scope", "").split())
            known = tuple(scope for scope in scopes if scope in SCOPES)
            if scopes and not known:
                raise Invalid("None of these scopes is known here.", code="invalid_scope")
            issued = await desk.core.oauth.refresh(client, needed(form, "refresh_token"), known, SCOPES)
        case _:
            raise Invalid("The grant_type is authorization_code or refresh_token.", code="unsupported_grant_type")
    return reply(answer_of(issued))


@post("/account/revoke", tags=["account"], status_code=200)
async def revoke(request: Asked, desk: AtDesk) -> Reply:
    """A program gives back a token (RFC 7009), and with it all that came of the same consent; 200 for any other."""
    form = await read_form(request, limit=FORM_BYTES)
    client = await client_of(request, desk, form)
    await desk.core.oauth.revoke(client, needed(form, "token"))
    return reply(Answer(200, headers=(("cache-control", "no-store"),)))


@delete("/account/token", tags=["account"])
async def log_out(desk: AtDesk) -> None:
    """The token that the request came with ends, and with it all that came of the same consent."""
    await desk.core.oauth.end(desk.principal)


def answer_of(issued: Issued) -> Answer:
    """Tokens on the wire."""
    answer = TokenAnswer(
        token_type="Bearer",  # noqa: S106 (the name of a scheme)
        access_token=issued.access,
        refresh_token=issued.refresh,
        expires_in=round(issued.lifetime_seconds),
        scope=" ".join(issued.scopes),
    )
    return json_answer(200, answer, (("cache-control", "no-store"), ("pragma", "no-cache")))


async def client_of(request: Asked, desk: Desk, form: dict[str, str]) -> Client:
    """The program that asks; a confidential one proves it, by header or form. Raises Unauthenticated, Invalid."""
    named, secret = basic(text_header(request.scope, b"authorization"))  # type: ignore[arg-type]  # Litestar's TypedDict
    client_id = form.get("client_id", "")
    if named and client_id not in {"", named}:
        raise refused("Header and form name different programs.")
    if not (named or client_id):
        raise refused("The client_id is missing.")
    return await desk.core.oauth.clients.prove(named or client_id, secret or form.get("client_secret", ""))


def basic(header: str) -> tuple[str, str]:
    """Name and secret of HTTP Basic authentication, each form-encoded (RFC 6749, 2.3.1); "" without it."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, secret = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Unauthenticated("The header cannot be read.", code="invalid_client") from None
    return unquote_plus(name), unquote_plus(secret)


def needed(form: dict[str, str], field: str) -> str:
    """A field that has to be there. Raises Invalid (code invalid_request)."""
    if not form.get(field):
        raise refused(f"The {field} is missing.")
    return form[field]


def oauth_failure(problem: Problem) -> Answer:
    """An error in OAuth2's words."""
    error = problem.error
    failure = OAuthFailure(error=word_of(error), error_description=error.message)
    return json_answer(problem.status, failure, (("cache-control", "no-store"), ("pragma", "no-cache")))


def word_of(error: CoreError) -> str:
    """An error's word."""
    if error.code in OWN_WORDS:
        return error.code
    if isinstance(error, AWAY):
        return "temporarily_unavailable"
    if isinstance(error, Unauthenticated):
        return "invalid_client"
    return "invalid_request" if isinstance(error, Invalid | Forbidden | NotFound | Unsupported) else "server_error"


HANDLERS = [issue, revoke, log_out]
