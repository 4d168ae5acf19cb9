"""What people do with their own account: look at it, change its password, make tokens for their programs."""

from msgspec.structs import replace

from printyard.core.access.credentials import Credentials, token_digest
from printyard.core.access.rules import require
from printyard.core.errors import Forbidden, NotFound, Unauthenticated
from printyard.core.events import FactName
from printyard.core.model.user import RANK, Principal, Right, Role, Token, TokenPurpose, User
from printyard.core.model.value import Id, Instant
from printyard.core.ports.secrets import Passwords
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock, Ids
from printyard.core.users import (
    TOKEN_BYTES,
    change_password,
    checked_email,
    checked_name,
    checked_password,
    revoke_token,
    token_fact,
    user_fact,
)


class OwnAccount:
    """The caller's own account. Only a person who has signed in changes it: a token does not make others."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, passwords: Passwords, credentials: Credentials) -> None:
        self._store, self._clock, self._ids = store, clock, ids
        self._passwords, self._credentials = passwords, credentials

    async def user(self, principal: Principal) -> User | None:
        """The account behind the caller; None for the admin token and tokens of nobody's."""
        user_id = principal.user_id
        if user_id is None:
            return None
        return await self._store.read(lambda tx: tx.people.user(principal.scope, user_id))

    async def change_password(self, principal: Principal, old: str, new: str, peer: str = "") -> None:
        """Change the own password; all other sessions and programs have to sign in again.

        Raises Forbidden (a token asks; code wrong_password: the old one is wrong), Throttled, Invalid.
        """
        user_id = _present(principal)
        checked_password(new)
        named = await self._store.read(lambda tx: tx.people.user(principal.scope, user_id).name)
        try:
            await self._credentials.by_password(named, old, peer)
        except Unauthenticated:
            raise Forbidden("The old password is wrong.", code="wrong_password") from None
        hashed = await self._passwords.hash(new)

        def work(tx: Transaction) -> None:
            user = tx.people.user(principal.scope, user_id)
            change_password(tx, user, hashed, principal, but=principal.credential_id)

        await self._store.write(work)
        self._credentials.forget()

    async def tokens(self, principal: Principal) -> list[Token]:
        """The caller's own tokens, newest first; never their secrets."""
        return await self._of(principal, TokenPurpose.ACCESS)

    async def sessions(self, principal: Principal) -> list[Token]:
        """The browsers in which the caller is signed in now, newest first."""
        now = self._clock.now()
        found = await self._of(principal, TokenPurpose.SESSION)
        return [
            each for each in found if each.revoked_at is None and (each.expires_at is None or each.expires_at > now)
        ]

    async def add_token(
        self, principal: Principal, name: str, role: Role | None = None, expires_at: Instant | None = None,
        rights: frozenset[Right] | None = None,
    ) -> tuple[Token, str]:  # fmt: skip
        """A token for a program of one's own, and its secret, which is shown once. Raises Forbidden, Invalid.

        `rights` narrows what its role allows (None: all of it).
        """
        user_id, role = _present(principal), role or principal.role
        if RANK[role] > RANK[principal.role]:
            raise Forbidden("Nobody can give more than they have.")
        secret = self._ids.secret(TOKEN_BYTES).hex()
        token = Token(
            id=self._ids.new(), organization_id=_organization(principal), user_id=user_id, name=checked_name(name),
            role=role, created_at=self._clock.now(), expires_at=expires_at, rights=rights,
        )  # fmt: skip

        def work(tx: Transaction) -> None:
            tx.people.put_token(token, token_digest(secret))
            tx.events.append([token_fact(token, FactName.TOKEN_ADDED, tx.now, principal)])

        await self._store.write(work)
        return token, secret

    async def change_email(self, principal: Principal, email: str) -> User:
        """Another mail address ("": none). Raises Forbidden, NotFound, Invalid."""
        user_id, clean = _present(principal), checked_email(email)

        def work(tx: Transaction) -> User:
            stored = tx.people.put_user(replace(tx.people.user(principal.scope, user_id), email=clean))
            tx.events.append([user_fact(stored, FactName.USER_CHANGED, tx.now, principal)])
            return stored

        return await self._store.write(work)

    async def revoke_token(self, principal: Principal, token_id: str) -> None:
        """Take the power of an own token away; a token may do that too. Raises NotFound."""
        await self._end(principal, token_id, TokenPurpose.ACCESS)

    async def end_session(self, principal: Principal, session_id: str) -> None:
        """Sign one of the own browsers out. Raises NotFound."""
        await self._end(principal, session_id, TokenPurpose.SESSION)

    async def _of(self, principal: Principal, purpose: TokenPurpose) -> list[Token]:
        user_id = _owner(principal)
        await self._credentials.uses.write()
        tokens = await self._store.read(lambda tx: tx.people.tokens(principal.scope, user_id=user_id))
        return [token for token in tokens if token.purpose is purpose]

    async def _end(self, principal: Principal, token_id: str, purpose: TokenPurpose) -> None:
        user_id = _owner(principal)

        def work(tx: Transaction) -> None:
            token = tx.people.token(principal.scope, token_id)
            if token.user_id != user_id or token.purpose is not purpose:
                raise NotFound("There is no such token.")
            revoke_token(tx, token, principal)

        await self._store.write(work)
        self._credentials.forget()


def _owner(principal: Principal) -> Id:
    """The account of the caller. Raises Unauthenticated, NotFound where there is none, Forbidden for a part of one."""
    require(principal, Right.READ)
    if principal.user_id is None:
        raise NotFound("There is no account behind this credential.")
    if principal.rights is not None:
        raise Forbidden("This program may not manage your account.")
    return principal.user_id


def _present(principal: Principal) -> Id:
    """Their account, if it is themselves. Raises like `_owner`, and Forbidden for a token."""
    user_id = _owner(principal)
    if not principal.present:
        raise Forbidden("Sign in with your password for this: a token is not enough.")
    return user_id


def _organization(principal: Principal) -> Id:
    if principal.scope.organization_id is None:
        raise Forbidden("Only somebody of an organization has an account.")
    return principal.scope.organization_id
