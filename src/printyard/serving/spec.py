"""What an API's folder offers as API: where it answers, and how it is built behind a door."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any

import msgspec

from printyard.core.facade import Core
from printyard.core.ports.time import Clock, Ids
from printyard.serving.asgi import AsgiApp
from printyard.serving.credentials import Accounts, AnonymousRight
from printyard.serving.digest import DigestVerifier
from printyard.serving.peer import Networks
from printyard.serving.places import Places
from printyard.serving.urls import AbsoluteUrls, UrlSigner


class ApiScope(StrEnum):
    """Of what an API speaks. BOTH: at the root of the whole yard, under a printer's root of that printer alone."""

    YARD = "yard"
    PRINTER = "printer"
    BOTH = "both"


class Challenge(StrEnum):
    """What a 401 asks for in WWW-Authenticate."""

    NONE = ""
    DIGEST = "digest"
    BEARER = "Bearer"
    TOKEN = "Token"  # noqa: S105 - the name of a scheme


class NoSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of an API that has none."""


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """What an API is built from.

    `core` is the facade of the domain; `settings` is the value of the spec's `settings` type for `[door.<name>]`.
    `anonymous` is what callers without a credential may, if they come from `trusted_networks`.
    `epoch` is different after each boot (it is part of every ETag). `places` are the own addresses of printers.
    """

    spec: "ApiSpec"
    core: Core
    settings: Any
    accounts: Accounts
    anonymous: AnonymousRight
    trusted_networks: Networks
    digest: DigestVerifier
    urls: AbsoluteUrls
    signer: UrlSigner
    clock: Clock
    ids: Ids
    epoch: str
    places: Places = Places()


class ApiSpec(msgspec.Struct, frozen=True, kw_only=True):
    """An API, before it is built.

    `roots` are paths relative to the yard's root or to the printer's ("/api/v1"), of whole segments; all below them
    is its own. `owns` are stems that it shares with others, for whose unmatched paths it gives the 404 ("/": all the
    rest). `public` are operations that need no credential, as (method, path below the scope's root), where {name}
    stands for one segment and a trailing {name...} for the rest; method WEBSOCKET for a websocket.
    `anonymous` is the door's default without a credential.
    `tolerates_bad_credentials`: a wrong credential counts as none (for clients that send guesses).
    `one_shot` is the query parameter that may hold a one-shot token; `session`: whether the session cookie counts.
    `admits_origin` may admit one more origin for one request (door, path, origin), such as an announced uploader's.
    """

    name: str
    title: str
    scope: ApiScope
    roots: tuple[str, ...]
    build: Callable[[Door], AsgiApp]
    owns: tuple[str, ...] = ()
    public: frozenset[tuple[str, str]] = frozenset()
    anonymous: AnonymousRight = AnonymousRight.NONE
    challenge: Challenge = Challenge.NONE
    tolerates_bad_credentials: bool = False
    one_shot: str = ""
    session: bool = False
    settings: type[msgspec.Struct] = NoSettings
    enabled: bool = True
    admits_origin: Callable[[Door, str, str], Awaitable[bool]] | None = None
