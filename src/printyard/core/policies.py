"""What an organization has decided for all of its members."""

from msgspec.structs import asdict

from printyard.core.access.rules import require
from printyard.core.errors import Invalid
from printyard.core.events import Fact, FactName
from printyard.core.model.user import HOME, Principal, Right, Role
from printyard.core.model.value import Id, Value
from printyard.core.ports.store import Store, Transaction


class Policy(Value):
    """`require_print_approval`: members' prints wait, as guests' always do. `enable_print_prep`: clients offer it."""

    require_print_approval: bool = False
    enable_print_prep: bool = False


class Policies:
    """The policies of all organizations, read once each."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, Policy] = {}

    async def get(self, principal: Principal) -> Policy:
        """The policy of the caller's organization."""
        require(principal, Right.READ)
        return await self.of(principal.scope.organization_id or HOME)

    async def of(self, organization_id: str) -> Policy:
        """An organization's policy, for the yard itself."""
        if organization_id not in self._known:
            stored = await self._store.read(lambda tx: tx.settings.get(_name(organization_id)))
            self._known[organization_id] = Policy(**stored) if isinstance(stored, dict) else Policy()
        return self._known[organization_id]

    async def change(self, principal: Principal, **changes: bool) -> Policy:
        """Decide something anew. Raises Forbidden, Invalid (there is nothing of that name to decide)."""
        require(principal, Right.ADMINISTER)
        organization_id = Id(principal.scope.organization_id or HOME)
        decided = asdict(await self.of(organization_id))
        if unknown := set(changes) - set(decided):
            raise Invalid(f"There is no policy {', '.join(sorted(unknown))}.")
        policy = Policy(**(decided | changes))

        def work(tx: Transaction) -> None:
            tx.settings.put(_name(organization_id), asdict(policy))
            tx.events.append([
                Fact(
                    name=FactName.SETTING_CHANGED, at=tx.now, organization_id=organization_id, subject_kind="setting",
                    subject_id="policy", actor=principal.id, body=dict(changes),
                )
            ])  # fmt: skip

        await self._store.write(work)
        self._known[organization_id] = policy
        return policy

    async def demand_approval(self, principal: Principal) -> bool:
        """Whether what somebody prints waits for another's word because the organization wants it so."""
        if principal.role is not Role.MEMBER:
            return False
        return (await self.of(principal.scope.organization_id or HOME)).require_print_approval


def _name(organization_id: str) -> str:
    return f"policy:{organization_id}"
