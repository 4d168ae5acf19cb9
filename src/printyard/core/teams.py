"""Teams: people of one organization, with whom things are shared."""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from printyard.core.access.rules import require
from printyard.core.errors import Invalid
from printyard.core.events import Fact, FactName
from printyard.core.model.account import Team
from printyard.core.model.user import Principal, Right
from printyard.core.model.value import Id, Instant
from printyard.core.organizations import organization_of
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock, Ids

NAME_LIMIT = 100
DESCRIPTION_LIMIT = 1000
MEMBER_LIMIT = 1000


class Teams:
    """The teams of an organization; all of its people see who is in which, administrators decide it."""

    def __init__(self, store: Store, clock: Clock, ids: Ids) -> None:
        self._store, self._clock, self._ids = store, clock, ids

    async def all(self, principal: Principal) -> list[Team]:
        """All of the caller's organization, by name."""
        require(principal, Right.READ)
        return await self._store.read(lambda tx: tx.accounts.teams(principal.scope))

    async def own(self, principal: Principal) -> list[Team]:
        """Those of which the caller is a member."""
        return [team for team in await self.all(principal) if principal.user_id in team.members]

    async def names(self, principal: Principal) -> dict[str, str]:
        """The names of the organization's people, by their ids: all of them see who is in a team."""
        require(principal, Right.READ)
        people = await self._store.read(lambda tx: tx.people.users(principal.scope))
        return {user.id: user.name for user in people}

    async def get(self, principal: Principal, team_id: str) -> Team:
        """Raises NotFound."""
        require(principal, Right.READ)
        return await self._store.read(lambda tx: tx.accounts.team(principal.scope, team_id))

    async def add(self, principal: Principal, name: str, description: str = "") -> Team:
        """A new team, without members. Raises Conflict (the name is taken), Invalid, Forbidden."""
        require(principal, Right.ADMINISTER)
        team = Team(
            id=self._ids.new(), organization_id=organization_of(principal), name=_named(name),
            description=_described(description), created_at=self._clock.now(), created_by=principal.id,
        )  # fmt: skip

        def work(tx: Transaction) -> Team:
            stored = tx.accounts.put_team(team)
            tx.events.append([_fact(stored, FactName.TEAM_ADDED, tx.now, principal)])
            return stored

        return await self._store.write(work)

    async def change(
        self, principal: Principal, team_id: str, name: str | None = None, description: str | None = None
    ) -> Team:
        """Other words for a team. Raises NotFound, Conflict, Invalid, Forbidden."""

        def changed(_: Transaction, team: Team) -> Team:
            return replace(
                team,
                name=team.name if name is None else _named(name),
                description=team.description if description is None else _described(description),
            )

        return await self._change(principal, team_id, changed)

    async def join(self, principal: Principal, team_id: str, user_ids: Iterable[str]) -> Team:
        """Add people; fine for who is in already. Raises NotFound (the team, or one of them), Forbidden, Invalid."""
        wanted = list(user_ids)

        def changed(tx: Transaction, team: Team) -> Team:
            joined = [tx.people.user(principal.scope, user_id).id for user_id in wanted]
            members = tuple(sorted({*team.members, *joined}))
            if len(members) > MEMBER_LIMIT:
                raise Invalid(f"A team has at most {MEMBER_LIMIT} members.")
            return replace(team, members=members)

        return await self._change(principal, team_id, changed)

    async def leave(self, principal: Principal, team_id: str, user_id: str) -> Team:
        """Take somebody out; fine for who is not in it. Raises NotFound (the team), Forbidden."""

        def changed(_: Transaction, team: Team) -> Team:
            return replace(team, members=tuple(member for member in team.members if member != user_id))

        return await self._change(principal, team_id, changed)

    async def remove(self, principal: Principal, team_id: str) -> None:
        """Leave a tombstone. Raises NotFound, Forbidden."""
        require(principal, Right.ADMINISTER)

        def work(tx: Transaction) -> None:
            team = tx.accounts.team(principal.scope, team_id)
            tx.accounts.put_team(replace(team, deleted_at=tx.now, members=()))
            tx.events.append([_fact(team, FactName.TEAM_REMOVED, tx.now, principal)])

        await self._store.write(work)

    async def _change(self, principal: Principal, team_id: str, changed: Callable[[Transaction, Team], Team]) -> Team:
        require(principal, Right.ADMINISTER)

        def work(tx: Transaction) -> Team:
            before = tx.accounts.team(principal.scope, team_id)
            after = changed(tx, before)
            if after == before:
                return before
            stored = tx.accounts.put_team(after)
            tx.events.append([_fact(stored, FactName.TEAM_CHANGED, tx.now, principal)])
            return stored

        return await self._store.write(work)


def _named(name: str) -> str:
    if not name.strip() or len(name) > NAME_LIMIT:
        raise Invalid("A team's name has 1 to 100 characters.")
    return name.strip()


def _described(description: str) -> str:
    if len(description) > DESCRIPTION_LIMIT:
        raise Invalid(f"A team's description has at most {DESCRIPTION_LIMIT} characters.")
    return description


def _fact(team: Team, name: FactName, at: Instant, principal: Principal) -> Fact:
    members: list[Id] = list(team.members)
    return Fact(
        name=name, at=at, organization_id=team.organization_id, subject_kind="team", subject_id=team.id,
        actor=principal.id, body={"name": team.name, "members": members},
    )  # fmt: skip
