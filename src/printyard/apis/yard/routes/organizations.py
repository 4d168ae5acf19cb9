"""Who belongs together: organizations, what they decided, their teams, and the programs that may ask for access."""

from litestar import delete, get, patch, post, put
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from printyard.apis.yard import schemas
from printyard.apis.yard.accounts import client_of, grant_of, organization_of, policy_of, team_of
from printyard.apis.yard.decisions import slugs_of
from printyard.apis.yard.desk import AtDesk, Desk
from printyard.core.model.account import Team
from printyard.core.model.oauth import MOST

ORGANIZATIONS, POLICIES, TEAMS = "/yard/v1/organizations", "/yard/v1/policies", "/yard/v1/teams"
CLIENTS, GRANTS = "/yard/v1/clients", "/yard/v1/grants"


@get(ORGANIZATIONS, tags=["organizations"])
async def list_organizations(desk: AtDesk) -> list[schemas.Organization]:
    """The caller's own; for the yard's own administrators, all."""
    return [organization_of(each) for each in await desk.core.organizations.all(desk.principal)]


@post(ORGANIZATIONS, tags=["organizations"])
async def add_organization(desk: AtDesk, data: JSONBody[schemas.NewOrganization]) -> schemas.Organization:
    """Add one; for the yard's own administrators."""
    return organization_of(await desk.core.organizations.add(desk.principal, data.name))


@patch(ORGANIZATIONS + "/{id:str}", tags=["organizations"])
async def rename_organization(
    desk: AtDesk, id: FromPath[str], data: JSONBody[schemas.NewOrganization]  # noqa: A002
) -> schemas.Organization:  # fmt: skip
    """Give one another name."""
    return organization_of(await desk.core.organizations.rename(desk.principal, id, data.name))


@delete(ORGANIZATIONS + "/{id:str}", tags=["organizations"])
async def remove_organization(desk: AtDesk, id: FromPath[str]) -> None:  # noqa: A002
    """Remove one, with its accounts. 409 for the yard's own, and while it has printers."""
    await desk.core.organizations.remove(desk.principal, id)


@get(POLICIES, tags=["organizations"])
async def get_policies(desk: AtDesk) -> schemas.Policy:
    """What the caller's organization has decided."""
    return policy_of(await desk.core.policies.get(desk.principal))


@patch(POLICIES, tags=["organizations"])
async def change_policies(desk: AtDesk, data: JSONBody[schemas.PolicyChange]) -> schemas.Policy:
    """Decide something anew."""
    given = {name: value for name in data.__struct_fields__ if (value := getattr(data, name)) is not UNSET}
    return policy_of(await desk.core.policies.change(desk.principal, **given))


@get(TEAMS, tags=["organizations"])
async def list_teams(desk: AtDesk) -> list[schemas.Team]:
    """The teams of the organization, by name."""
    return await _shown(desk, await desk.core.teams.all(desk.principal))


@post(TEAMS, tags=["organizations"])
async def add_team(desk: AtDesk, data: JSONBody[schemas.NewTeam]) -> schemas.Team:
    """Make a team, without members. 409 if the name is taken."""
    return team_of(await desk.core.teams.add(desk.principal, data.name, data.description), {})


@get(TEAMS + "/{id:str}", tags=["organizations"])
async def get_team(desk: AtDesk, id: FromPath[str]) -> schemas.Team:  # noqa: A002
    """One team."""
    return await _one(desk, await desk.core.teams.get(desk.principal, id))


@patch(TEAMS + "/{id:str}", tags=["organizations"])
async def change_team(desk: AtDesk, id: FromPath[str], data: JSONBody[schemas.TeamChange]) -> schemas.Team:  # noqa: A002
    """Other words for a team."""
    given = {name: None if (value := getattr(data, name)) is UNSET else value for name in data.__struct_fields__}
    return await _one(desk, await desk.core.teams.change(desk.principal, id, **given))


@delete(TEAMS + "/{id:str}", tags=["organizations"])
async def remove_team(desk: AtDesk, id: FromPath[str]) -> None:  # noqa: A002
    """Remove a team; nothing is shared with it any more."""
    await desk.core.clusters.forget_team(desk.principal, id)
    await desk.core.teams.remove(desk.principal, id)


@put(TEAMS + "/{id:str}/members/{user_id:str}", tags=["organizations"])
async def join_team(desk: AtDesk, id: FromPath[str], user_id: FromPath[str]) -> schemas.Team:  # noqa: A002
    """Add somebody to a team; fine for who is in already."""
    return await _one(desk, await desk.core.teams.join(desk.principal, id, [user_id]))


@delete(TEAMS + "/{id:str}/members/{user_id:str}", status_code=200, tags=["organizations"])
async def leave_team(desk: AtDesk, id: FromPath[str], user_id: FromPath[str]) -> schemas.Team:  # noqa: A002
    """Take somebody out of a team; fine for who is not in it."""
    return await _one(desk, await desk.core.teams.leave(desk.principal, id, user_id))


@get(CLIENTS, tags=["organizations"])
async def list_clients(desk: AtDesk) -> list[schemas.Client]:
    """The programs that were registered, newest first; those that an API brings along are not among them."""
    return [client_of(each) for each in await desk.core.oauth.clients.all(desk.principal)]


@post(CLIENTS, tags=["organizations"])
async def add_client(desk: AtDesk, data: JSONBody[schemas.NewClient]) -> schemas.ClientAdded:
    """Register a program; its secret is in this answer and nowhere else."""
    client, secret = await desk.core.oauth.clients.add(
        desk.principal, data.name, data.redirect_uris, loopback=data.loopback, confidential=data.confidential,
        rights=MOST if data.rights is UNSET else data.rights,
    )  # fmt: skip
    return schemas.ClientAdded(client=client_of(client), secret=secret)


@delete(CLIENTS + "/{client_id:str}", tags=["organizations"])
async def remove_client(desk: AtDesk, client_id: FromPath[str]) -> None:
    """Remove a program, and end all that it was allowed."""
    await desk.core.oauth.clients.remove(desk.principal, client_id)


@get(GRANTS, tags=["organizations"])
async def list_grants(desk: AtDesk) -> list[schemas.Grant]:
    """The applications that were allowed at printers' own doors, newest first."""
    slugs = slugs_of(desk.core, desk.principal)
    return [grant_of(each, slugs) for each in await desk.core.access.granted(desk.principal)]


@delete(GRANTS + "/{id:str}", tags=["organizations"])
async def revoke_grant(desk: AtDesk, id: FromPath[str]) -> None:  # noqa: A002
    """Withdraw what an application was allowed at a printer's own door."""
    await desk.core.access.revoke(desk.principal, id)


async def _one(desk: Desk, team: Team) -> schemas.Team:
    return (await _shown(desk, [team]))[0]


async def _shown(desk: Desk, teams: list[Team]) -> list[schemas.Team]:
    names = await desk.core.teams.names(desk.principal)
    return [team_of(team, names) for team in teams]


HANDLERS = [
    list_organizations, add_organization, rename_organization, remove_organization, get_policies, change_policies,
    list_teams, add_team, get_team, change_team, remove_team, join_team, leave_team, list_clients, add_client,
    remove_client, list_grants, revoke_grant,
]  # fmt: skip
