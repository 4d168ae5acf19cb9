"""Organizations: whose things are whose. `home` is the yard's own, and its administrators add the others."""

from msgspec.structs import replace

from printyard.core.access.credentials import Credentials
from printyard.core.access.rules import may, require
from printyard.core.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from printyard.core.events import Fact, FactName
from printyard.core.model.account import Organization
from printyard.core.model.user import EVERYTHING, HOME, Principal, Right, Scope
from printyard.core.model.value import Id, Instant
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock, Ids

NAME_LIMIT = 100
HOME_NAME = "Home"


def organization_of(principal: Principal) -> Id:
    """Whose things the caller makes."""
    return principal.scope.organization_id or HOME


def require_steward(principal: Principal) -> None:
    """Raises Forbidden for who does not administer the whole yard."""
    require(principal, Right.ADMINISTER)
    if organization_of(principal) != HOME:
        raise Forbidden("Only the yard's own administrators may do that.")


class Organizations:
    """Who shares the yard."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, credentials: Credentials) -> None:
        self._store, self._clock, self._ids, self._credentials = store, clock, ids, credentials

    async def own(self, principal: Principal) -> Organization:
        """The caller's own, of which everybody may know."""
        if not principal.authenticated:
            raise Unauthenticated("Say who you are.")
        own = organization_of(principal)
        return await self._store.read(lambda tx: _found(tx, Scope(organization_id=own), own))

    async def all(self, principal: Principal) -> list[Organization]:
        """All that the caller may know of, the oldest first: the own one; for the yard's administrators, every one."""
        require(principal, Right.READ)
        if not _steward(principal):
            return [await self.own(principal)]

        def work(tx: Transaction) -> list[Organization]:
            stored = tx.accounts.organizations(EVERYTHING)
            home = _found(tx, Scope(organization_id=HOME), HOME)
            return [home, *(each for each in stored if each.id != HOME)]

        return await self._store.read(work)

    async def add(self, principal: Principal, name: str) -> Organization:
        """One more. Raises Forbidden, Invalid."""
        require_steward(principal)
        organization = Organization(
            id=self._ids.new(), name=_checked(name), created_at=self._clock.now(), created_by=principal.id
        )

        def work(tx: Transaction) -> Organization:
            stored = tx.accounts.put_organization(organization)
            tx.events.append([_fact(stored, FactName.ORGANIZATION_ADDED, tx.now, principal)])
            return stored

        return await self._store.write(work)

    async def rename(self, principal: Principal, organization_id: str, name: str) -> Organization:
        """Give one another name. Raises NotFound, Forbidden, Invalid."""
        require(principal, Right.ADMINISTER)
        checked = _checked(name)

        def work(tx: Transaction) -> Organization:
            found = _found(tx, EVERYTHING if _steward(principal) else principal.scope, organization_id)
            stored = tx.accounts.put_organization(replace(found, name=checked))
            tx.events.append([_fact(stored, FactName.ORGANIZATION_CHANGED, tx.now, principal)])
            return stored

        return await self._store.write(work)

    async def remove(self, principal: Principal, organization_id: str) -> None:
        """Remove one, with its accounts. Raises NotFound, Forbidden, Conflict (the yard's own, or it has printers)."""
        require_steward(principal)
        if organization_id == HOME:
            raise Conflict("The yard's own organization stays.")

        def work(tx: Transaction) -> None:
            found = _found(tx, EVERYTHING, organization_id)
            scope = Scope(organization_id=found.id)
            if tx.printers.all(scope):
                raise Conflict("It still has printers.")
            for user in tx.people.users(scope):
                tx.people.put_user(replace(user, deleted_at=tx.now, has_password=False), "")
            for token in tx.people.tokens(scope):
                tx.people.put_token(replace(token, revoked_at=token.revoked_at or tx.now), None)
            for consent in tx.oauth.consents(scope):
                tx.oauth.put_consent(replace(consent, revoked_at=tx.now))
            tx.accounts.put_organization(replace(found, deleted_at=tx.now))
            tx.events.append([_fact(found, FactName.ORGANIZATION_REMOVED, tx.now, principal)])

        await self._store.write(work)
        self._credentials.forget()


def _steward(principal: Principal) -> bool:
    return may(principal, Right.ADMINISTER) and organization_of(principal) == HOME


def _checked(name: str) -> str:
    if not name.strip() or len(name) > NAME_LIMIT:
        raise Invalid("An organization's name has 1 to 100 characters.")
    return name.strip()


def _found(tx: Transaction, scope: Scope, organization_id: str) -> Organization:
    """One of them; the yard's own has no row until somebody names it. Raises NotFound."""
    try:
        return tx.accounts.organization(scope, organization_id)
    except NotFound:
        if organization_id != HOME or scope.organization_id not in {None, HOME}:
            raise
        return Organization(id=HOME, name=HOME_NAME, created_at=Instant(0))


def _fact(organization: Organization, name: FactName, at: Instant, principal: Principal) -> Fact:
    return Fact(
        name=name, at=at, organization_id=organization.id, subject_kind="organization", subject_id=organization.id,
        actor=principal.id, body={"name": organization.name},
    )  # fmt: skip
