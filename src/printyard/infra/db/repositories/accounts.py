"""Organizations and teams."""

import msgspec
from sqlalchemy import Connection, delete, insert, select, true

from printyard.core.errors import NotFound
from printyard.core.model.account import Organization, Team
from printyard.core.model.user import Scope
from printyard.core.model.value import Id
from printyard.infra.db.account_tables import organizations, team_members, teams
from printyard.infra.db.repositories.people import name_key
from printyard.infra.db.rows import put_by_version, row_of, value_of
from printyard.infra.db.scope import within

TEAM = [column for column in teams.c if column.name != "name_key"]


class SqlAccounts:
    """core.ports.account_rows.AccountRows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def organization(self, scope: Scope, organization_id: str) -> Organization:
        found = [each for each in self.organizations(scope) if each.id == organization_id]
        if not found:
            raise NotFound("There is no such organization.")
        return found[0]

    def organizations(self, scope: Scope) -> list[Organization]:
        table = organizations.c
        own = true() if scope.organization_id is None else table.id == scope.organization_id
        query = select(organizations).where(own, table.deleted_at.is_(None)).order_by(table.created_at, table.id)
        return [value_of(Organization, row) for row in self._connection.execute(query)]

    def put_organization(self, organization: Organization) -> Organization:
        version = put_by_version(self._connection, organizations, row_of(organization), "organization")
        return msgspec.structs.replace(organization, version=version)

    def team(self, scope: Scope, team_id: str) -> Team:
        found = [each for each in self.teams(scope) if each.id == team_id]
        if not found:
            raise NotFound("There is no such team.")
        return found[0]

    def teams(self, scope: Scope) -> list[Team]:
        query = select(*TEAM).where(within(scope, teams), teams.c.deleted_at.is_(None)).order_by(teams.c.name_key)
        rows = self._connection.execute(query).all()
        members = self._members([row.id for row in rows])
        return [Team(members=tuple(members.get(row.id, ())), **row._mapping) for row in rows]  # noqa: SLF001 (public)

    def put_team(self, team: Team) -> Team:
        row = row_of(team) | {"name_key": name_key(team.name)}
        del row["members"]
        version = put_by_version(self._connection, teams, row, "team")
        self._connection.execute(delete(team_members).where(team_members.c.team_id == team.id))
        if team.members:
            rows = [{"team_id": team.id, "user_id": member} for member in dict.fromkeys(team.members)]
            self._connection.execute(insert(team_members), rows)
        return msgspec.structs.replace(team, version=version)

    def leave_teams(self, user_id: str) -> None:
        self._connection.execute(delete(team_members).where(team_members.c.user_id == user_id))

    def _members(self, team_ids: list[str]) -> dict[str, list[Id]]:
        table, found = team_members.c, dict[str, list[Id]]()
        query = select(team_members).where(table.team_id.in_(team_ids)).order_by(table.team_id, table.user_id)
        for row in self._connection.execute(query):
            found.setdefault(row.team_id, []).append(row.user_id)
        return found
