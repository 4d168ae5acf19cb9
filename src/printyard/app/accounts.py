"""What the doors ask about callers, answered by the core: each dialect's credential becomes a Principal here."""

from printyard.core.access.credentials import HashedPair
from printyard.core.access.rules import NO_RIGHTS, anonymous
from printyard.core.errors import Forbidden, NotFound, Unauthenticated
from printyard.core.facade import Core
from printyard.core.model.user import GrantState, Principal, Right, Role
from printyard.core.tables import total
from printyard.serving.credentials import (
    AnonymousRight,
    ApiKey,
    Bearer,
    DigestUser,
    OneShot,
    Proof,
    SessionCookie,
    Token,
)  # fmt: skip

RIGHTS = total(AnonymousRight, {
    AnonymousRight.NONE: NO_RIGHTS,
    AnonymousRight.READ: frozenset({Right.READ}),
    AnonymousRight.GUEST: frozenset({Right.READ, Right.PRINT}),
    AnonymousRight.MEMBER: frozenset({Right.READ, Right.PRINT, Right.CONTROL, Right.CONFIGURE}),
})  # fmt: skip
"""A member is for networks where everybody may do what everybody may at a device of that vendor, unasked."""


class CoreAccounts:
    """serving.credentials.Accounts over the core."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def anonymous(self, right: AnonymousRight) -> Principal:
        return anonymous(RIGHTS[right], Role.MEMBER if right is AnonymousRight.MEMBER else Role.GUEST)

    async def principal(self, proof: Proof, printer_id: str | None) -> Principal:
        principal = await self._proved(proof, printer_id)
        if printer_id is not None:
            self._core.printers.board.get(principal.scope, printer_id)
        return principal

    async def _proved(self, proof: Proof, printer_id: str | None) -> Principal:
        core = self._core
        match proof:
            case Bearer(secret) | Token(secret) | ApiKey(secret):
                return await core.credentials.by_token(secret)
            case SessionCookie(secret):
                return await core.sessions.principal(secret)
            case OneShot(secret):
                return core.sessions.redeem(secret)
            case DigestUser(public_id):
                return await self._by_digest(public_id, printer_id)
        raise Unauthenticated("Nobody here knows that kind of credential.")

    async def hashed_pair(self, public_id: str) -> HashedPair | None:
        try:
            pair, _ = await self._core.credentials.digest_pair(public_id)
        except NotFound:
            return None
        return pair

    async def _by_digest(self, public_id: str, printer_id: str | None) -> Principal:
        try:
            _, grant = await self._core.credentials.digest_pair(public_id)
        except NotFound:
            raise Unauthenticated("There is no such application.") from None
        if grant is not None and grant.state is GrantState.DENIED:
            raise Forbidden("The access was denied.", code="denied")
        return self._core.credentials.by_grant(grant, printer_id or "")
