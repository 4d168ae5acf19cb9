"""What a program asks for at /account/authorize, read from the query; and how it is told no."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from litestar import Request

from printyard.apis.digital_factory.account.scopes import granted, rights_of
from printyard.apis.digital_factory.desk import Desk
from printyard.core.access.pkce import challenge_of, refused
from printyard.core.access.redirects import check_redirect
from printyard.core.errors import CoreError, Invalid
from printyard.core.model import oauth

MAX_FIELDS = 50

PASSED_ON = frozenset({
    "invalid_request", "unauthorized_client", "access_denied", "unsupported_response_type", "invalid_scope",
})  # fmt: skip
"""RFC 6749, 4.1.2.1."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A request for somebody's consent that may be answered: client and address are right. `query` is all of it."""

    request: oauth.Request
    client: oauth.Client
    state: str
    query: str


class NotAsked(Exception):
    """The request makes no sense, and its program is told so, at its own address."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


async def question_of(request: Request[Any, Any, Any], desk: Desk) -> Question:
    """What is asked. Raises NotFound and Invalid where nobody may be sent back, NotAsked where somebody may."""
    raw = bytes(request.scope.get("query_string", b"")).decode("latin-1")
    if raw.count("&") >= MAX_FIELDS:
        raise refused("The request has too many parameters.")
    pairs = parse_qsl(raw, keep_blank_values=True)
    given = dict(pairs)
    bare = oauth.Request(
        client_id=given.get("client_id", ""), redirect_uri=given.get("redirect_uri", ""), scopes=(), rights=frozenset()
    )
    client = await desk.core.oauth.clients.seen(desk.principal, bare.client_id)
    check_redirect(client, bare.redirect_uri)
    state = given.get("state", "")
    try:
        if len(given) != len(pairs):
            raise refused("A parameter stands there twice.")
        asked = _asked(bare, given)
        await desk.core.oauth.check(asked)
    except CoreError as error:
        raise NotAsked(refusal(bare.redirect_uri, state, error)) from None
    return Question(request=asked, client=client, state=state, query=urlencode(pairs))


def _asked(bare: oauth.Request, given: Mapping[str, str]) -> oauth.Request:
    if given.get("response_type") != "code":
        raise Invalid("The response_type has to be code.", code="unsupported_response_type")
    scopes = granted(given.get("scope", ""))
    challenge = challenge_of(given.get("code_challenge_method", ""), given.get("code_challenge", ""))
    return msgspec.structs.replace(bare, scopes=scopes, rights=rights_of(scopes), challenge=challenge)


def refusal(redirect_uri: str, state: str, error: CoreError) -> str:
    """Where a program is told what was wrong."""
    word = error.code if error.code in PASSED_ON else "server_error"
    return back(redirect_uri, state, error=word, error_description=error.message)


def denial(question: Question) -> str:
    """Where a program is told that somebody said no; Cura looks at error_code alone."""
    said = {"error": "access_denied", "error_code": "user_denied", "error_description": "The user said no."}
    return back(question.request.redirect_uri, question.state, **said)


def back(redirect_uri: str, state: str, **answer: str) -> str:
    """An address of the program with an answer in its query."""
    fields = answer | ({"state": state} if state else {})
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(fields)}"
