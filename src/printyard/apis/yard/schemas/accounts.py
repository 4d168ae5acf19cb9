"""One's own account, and who belongs together, on the wire."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from printyard.apis.yard.schemas.instant import Instant
from printyard.apis.yard.schemas.people import Password
from printyard.core.model.user import Right

Title = Annotated[str, Meta(min_length=1, max_length=100)]
Description = Annotated[str, Meta(max_length=1000)]


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Something with an id, by its name."""

    id: str
    name: str


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks. `id` is null where no account stands behind the credential. `rights` are all that it is good for.

    `present`: a person has signed in with a password; it takes that to make tokens.
    """

    id: str | None
    name: str
    role: str
    rights: list[str]
    organization: Named
    email: str
    has_password: bool
    present: bool


class MeChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What people change of their own account; "" is no mail address."""

    email: str


class PasswordChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The password as it was, and as it is to be (at least 8 characters)."""

    old: Password
    new: Password


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that is signed in; `current` is the one that asks."""

    id: str
    created_at: Instant
    expires_at: Instant | None
    last_used_at: Instant | None
    current: bool


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody allowed a program. `user_id` is null if it was allowed with a token of nobody's."""

    id: str
    application: str
    client_id: str
    user_id: str | None
    user: str
    role: str
    scopes: list[str]
    created_at: Instant
    expires_at: Instant


class Organization(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant; the yard's own has no date until somebody has named it."""

    id: str
    name: str
    created_at: Instant | None


class NewOrganization(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tenant to add, or another name for one."""

    name: Title


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What the organization has decided: members' prints wait for approval; clients offer to prepare prints."""

    require_print_approval: bool
    enable_print_prep: bool


class PolicyChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to decide anew; what is left out stays as it is."""

    require_print_approval: bool | UnsetType = UNSET
    enable_print_prep: bool | UnsetType = UNSET


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """People with whom things can be shared."""

    id: str
    name: str
    description: str
    members: list[Named]
    created_at: Instant


class NewTeam(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A team to make."""

    name: Title
    description: Description = ""


class TeamChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Other words for a team; what is left out stays as it is."""

    name: Title | UnsetType = UNSET
    description: Description | UnsetType = UNSET


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """A program that may ask people for access by OAuth2. `rights` is the most that it can get."""

    client_id: str
    name: str
    redirect_uris: list[str]
    loopback: bool
    confidential: bool
    rights: list[str]
    created_at: Instant


class NewClient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A program to register.

    `loopback`: may send people back to any port of their own machine, at /callback. `confidential`: has a secret.
    """

    name: Title
    redirect_uris: list[str] = []
    loopback: bool = False
    confidential: bool = False
    rights: frozenset[Right] | UnsetType = UNSET


class ClientAdded(msgspec.Struct, frozen=True, kw_only=True):
    """A new program, and its secret, which is shown this once ("" for one without)."""

    client: Client
    secret: str


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """An application that was allowed at a printer's own door; `id` is its digest user name. `printer` is a slug."""

    id: str
    printer: str | None
    application: str
    user: str
    host_name: str
    role: str
    decided_at: Instant | None
    decided_by: str | None
