"""Who somebody is: what programs ask once they have a token."""

from typing import Any

import msgspec
from litestar import get
from litestar.params import FromPath

from printyard.apis.digital_factory.account.scopes import SCOPES, told
from printyard.apis.digital_factory.desk import AtDesk, Desk
from printyard.apis.digital_factory.envelope import NoRecord
from printyard.apis.digital_factory.ids import Kind
from printyard.apis.digital_factory.instant import Instant, instant
from printyard.core.access.rules import may
from printyard.core.errors import NotFound
from printyard.core.model.user import Right, Role

PERMISSIONS = {
    "digital-factory.printer.read": Right.READ,
    "digital-factory.print-job.read": Right.READ,
    "digital-factory.print-job.write.own": Right.PRINT,
    "digital-factory.print-job.write": Right.CONTROL,
}
"""Cura 5 hides its monitor without the first two, and its buttons without the others."""


class OwnOrganization(msgspec.Struct, frozen=True, kw_only=True):
    """Of which somebody is."""

    organization_id: str
    name: str


class OrganizationAnswer(OwnOrganization, frozen=True, kw_only=True):
    """An organization. The yard's own has no date until somebody has named it."""

    created_at: Instant | None


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody. `organization` is always there: Cura falls over null. Nobody pays here: `subscriptions` is empty."""

    user_id: str
    username: str
    organization: OwnOrganization
    subscriptions: list[str]
    role: str
    email: str = ""


class TeamAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A team; `is_member` says whether the caller is in it."""

    team_id: str
    organization_id: str
    name: str
    description: str
    created_at: Instant
    member_count: int
    is_member: bool


class ScopeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A scope, and what it permits to an administrator."""

    scope: str
    description: str


class Permissions(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller may, in the words that Cura looks for."""

    permissions: list[str]


class Data(msgspec.Struct, frozen=True):
    """What this API wraps its answers in."""

    data: Any


@get(["/account/check-token", "/account/user", "/account/users/me"], tags=["account"])
async def check_token(desk: AtDesk) -> Data:
    """Whose token that is."""
    return Data(await own_profile(desk))


@get("/account/userinfo", tags=["account"])
async def user_info(desk: AtDesk) -> dict[str, str]:
    """The same in OpenID's words."""
    profile = await own_profile(desk)
    said = {"sub": profile.user_id, "name": profile.username, "preferred_username": profile.username}
    return said | ({"email": profile.email} if profile.email else {})


@get("/account/users/{user_id:str}", tags=["account"])
async def get_user(desk: AtDesk, user_id: FromPath[str]) -> Data:
    """Somebody: oneself, or for administrators anybody of their organization."""
    try:
        core_id = await desk.ids.core(Kind.USER, user_id)
        if core_id == desk.principal.id:
            return Data(await own_profile(desk))
        user = await desk.core.accounts.user(desk.principal, core_id)
    except NotFound:
        raise NoRecord("user") from None
    return Data(Profile(
        user_id=user_id, username=user.name, organization=await organization(desk), subscriptions=[],
        role=user.role.value, email=user.email,
    ))  # fmt: skip


@get("/account/users/permissions", tags=["account"])
async def get_permissions(desk: AtDesk) -> Data:
    """What the caller may, and this token permits."""
    permitted = [permission for permission, right in PERMISSIONS.items() if may(desk.principal, right)]
    return Data(Permissions(permissions=permitted))


@get("/account/organizations/current", tags=["account"])
async def get_organization(desk: AtDesk) -> Data:
    """The caller's own."""
    own = await desk.core.organizations.own(desk.principal)
    named = await organization(desk)
    created_at = instant(own.created_at) if own.created_at else None
    return Data(OrganizationAnswer(organization_id=named.organization_id, name=named.name, created_at=created_at))


@get("/account/teams", tags=["account"])
async def list_teams(desk: AtDesk) -> Data:
    """The teams of the caller's organization."""
    teams = await desk.core.teams.all(desk.principal)
    team_ids = await desk.ids.many(Kind.TEAM, [team.id for team in teams])
    own = await organization(desk)
    return Data([
        TeamAnswer(
            team_id=team_ids[team.id], organization_id=own.organization_id, name=team.name,
            description=team.description, created_at=instant(team.created_at), member_count=len(team.members),
            is_member=desk.principal.user_id in team.members,
        )
        for team in teams
    ])  # fmt: skip


@get("/account/subscriptions", tags=["account"])
async def list_subscriptions() -> Data:
    """None: what the yard can do, all of its people can use."""
    return Data([])


@get("/account/scopes", tags=["account"])
async def list_scopes() -> Data:
    """What programs can ask for."""
    return Data([
        ScopeAnswer(scope=scope, description=" ".join(told(rights, Role.ADMIN)) or "See who you are.")
        for scope, rights in SCOPES.items()
    ])  # fmt: skip


@get("/account/status", tags=["account"])
async def get_status(desk: AtDesk) -> Data:
    """That accounts can be asked; `time` is the yard's."""
    return Data({"ok": True, "time": instant(desk.now)})


async def own_profile(desk: Desk) -> Profile:
    """The caller."""
    principal = desk.principal
    user = await desk.core.own_account.user(principal)
    return Profile(
        user_id=await desk.ids.of(Kind.USER, principal.id), username=principal.name,
        organization=await organization(desk), subscriptions=[], role=principal.role.value,
        email=user.email if user else "",
    )  # fmt: skip


async def organization(desk: Desk) -> OwnOrganization:
    """The caller's."""
    own = await desk.core.organizations.own(desk.principal)
    return OwnOrganization(organization_id=await desk.ids.of(Kind.ORGANIZATION, own.id), name=own.name)


HANDLERS = [
    check_token, user_info, get_permissions, get_user, get_organization, list_teams, list_subscriptions, list_scopes,
    get_status,
]  # fmt: skip
