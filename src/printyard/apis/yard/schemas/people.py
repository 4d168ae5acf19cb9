"""People and tokens on the wire; secrets go out once, when they are made, and never come back."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from printyard.apis.yard.schemas.instant import Instant
from printyard.core.model.user import Right, Role

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Password = Annotated[str, Meta(max_length=1000)]
Lifetime = Annotated[float, Meta(gt=0, le=10 * 365 * 86400)]


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person with an account. One that is `disabled` proves nobody, by password or by token."""

    id: str
    name: str
    role: str
    email: str
    has_password: bool
    disabled: bool
    created_at: Instant


class NewUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account to make; without a password nobody can sign in with it.

    `organization_id` is for the yard's own administrators: an account of another organization.
    """

    name: str
    role: Role
    password: Password = ""
    organization_id: str | None = None


class UserChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of an account; what is left out stays as it is."""

    name: str | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    email: str | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET


class NewPassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account's password from now on, of at least 8 characters; "" takes it away."""

    password: Password


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A personal access token. `user_id` is null for one of nobody's; `rights` null for all that the role allows."""

    id: str
    name: str
    user_id: str | None
    role: str
    rights: list[str] | None
    created_at: Instant
    expires_at: Instant | None
    last_used_at: Instant | None
    revoked_at: Instant | None


class NewToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token to make; without `expires_in_seconds` it is good until it is revoked."""

    name: Name
    role: Role
    rights: frozenset[Right] | None = None
    expires_in_seconds: Lifetime | None = None


class NewOwnToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token of one's own to make; without a role it has one's own."""

    name: Name
    role: Role | None = None
    rights: frozenset[Right] | None = None
    expires_in_seconds: Lifetime | None = None


class TokenAdded(msgspec.Struct, frozen=True, kw_only=True):
    """A new token and its secret, which is shown this once."""

    token: Token
    secret: str
