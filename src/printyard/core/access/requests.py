"""Access requests: an application asks at a printer's door, a person answers (on the display, or for it)."""

import logging
from typing import Any

from msgspec.structs import replace

from printyard.core.access.credentials import Credentials, hashed_pair
from printyard.core.access.rules import require
from printyard.core.errors import Conflict, CoreError, Forbidden, Invalid, NotFound, Throttled
from printyard.core.events import Fact, FactName
from printyard.core.fleet.printers import Printers
from printyard.core.model.user import EVERYTHING, RANK, Grant, GrantState, Principal, Right, Role, Scope
from printyard.core.model.value import Instant, after
from printyard.core.ports.secrets import Seal
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock, Ids

log = logging.getLogger(__name__)

PENDING_SECONDS = 300.0
PENDING_LIMIT = 20
"""How many requests may wait at one printer; more are refused until one is answered or expires."""

ID_BYTES = 16
KEY_BYTES = 32
TEXT_LIMIT = 200

PENDING = frozenset({GrantState.PENDING})
STANDING = frozenset({GrantState.ALLOWED})

ALLOW, DENY = "allow", "deny"


class AccessRequests:
    """Who asked for access to which printer, and what was answered."""

    def __init__(
        self, store: Store, clock: Clock, ids: Ids, seal: Seal, credentials: Credentials, printers: Printers
    ) -> None:
        self._store, self._clock, self._ids, self._seal = store, clock, ids, seal
        self._credentials, self._printers = credentials, printers

    async def ask(
        self, printer_id: str, application: str, user: str, host_name: str = "", exclusion_key: str = ""
    ) -> tuple[str, str]:
        """Ask for access; the id and the key that become digest user name and password once it is allowed.

        The question appears on the printer's display where it has one. Raises Invalid, Throttled, NotFound.
        """
        if not application.strip():
            raise Invalid("The application's name is missing.")
        printer = self._printers.board.get(EVERYTHING, printer_id).printer
        public_id, key = self._ids.secret(ID_BYTES).hex(), self._ids.secret(KEY_BYTES).hex()
        pair, now = hashed_pair(public_id, key), self._clock.now()
        grant = Grant(
            id=self._ids.new(),
            organization_id=printer.organization_id,
            printer_id=printer.id,
            public_id=public_id,
            state=GrantState.PENDING,
            application=application[:TEXT_LIMIT],
            user=user[:TEXT_LIMIT],
            host_name=host_name[:TEXT_LIMIT],
            exclusion_key=exclusion_key[:TEXT_LIMIT],
            role=Role.MEMBER,
            created_at=now,
            expires_at=after(now, PENDING_SECONDS),
            sealed_ha1_md5=self._seal.close(pair.md5.encode()),
            sealed_ha1_sha256=self._seal.close(pair.sha256.encode()),
        )
        await self._store.write(lambda tx: _insert(tx, grant))
        await self._show(grant)
        return public_id, key

    async def check(self, printer_id: str, public_id: str) -> GrantState:
        """What was answered so far. Raises NotFound for an id that was never given at this printer."""
        grant = await self._store.read(lambda tx: tx.people.grant_by_public_id(public_id))
        if grant is None or grant.printer_id != printer_id:
            raise NotFound("There is no such request.")
        return self._current(grant).state

    async def pending(self, principal: Principal) -> list[Grant]:
        """The requests that wait for an answer, newest first."""
        require(principal, Right.MANAGE)
        grants = await self._store.read(lambda tx: tx.people.grants(principal.scope, states=PENDING))
        return [grant for grant in grants if self._current(grant).state is GrantState.PENDING]

    async def granted(self, principal: Principal) -> list[Grant]:
        """What stands, newest first."""
        require(principal, Right.MANAGE)
        return await self._store.read(lambda tx: tx.people.grants(principal.scope, states=STANDING))

    async def decide(self, principal: Principal, public_id: str, *, allow: bool, role: Role = Role.MEMBER) -> Grant:
        """Answer a request. Allowing one with an exclusion key withdraws the grant that had the key before.

        Raises Forbidden, NotFound, Conflict (answered or expired already).
        """
        require(principal, Right.MANAGE)
        if RANK[role] > RANK[principal.role]:
            raise Forbidden("Nobody can give more than they have.")
        return await self._decide(principal.scope, public_id, allow=allow, role=role, by=principal.id)

    async def revoke(self, principal: Principal, public_id: str) -> None:
        """Withdraw a grant. Raises NotFound."""
        require(principal, Right.MANAGE)

        def work(tx: Transaction) -> None:
            _withdraw(tx, _found(tx, principal.scope, public_id), principal.id)

        await self._store.write(work)
        self._credentials.forget()

    async def answered(self, printer_id: str, question_id: str, answer: str) -> None:
        """Somebody has answered the question on the printer's own display: whoever stands there may."""
        try:
            await self._decide(
                _at(printer_id), question_id, allow=answer == ALLOW, role=Role.MEMBER, by=f"display:{printer_id}"
            )
        except (NotFound, Conflict) as error:
            log.info("an answer on the display came to nothing: %s", error)

    async def _decide(self, scope: Scope, public_id: str, *, allow: bool, role: Role, by: str) -> Grant:
        now = self._clock.now()

        def work(tx: Transaction) -> Grant:
            grant = _found(tx, scope, public_id)
            if grant.state is not GrantState.PENDING or grant.expires_at <= now:
                raise Conflict("The request was answered already, or has expired.")
            state = GrantState.ALLOWED if allow else GrantState.DENIED
            if allow and grant.exclusion_key:
                for other in tx.people.grants(EVERYTHING, printer_id=grant.printer_id, states=STANDING):
                    if other.exclusion_key == grant.exclusion_key:
                        _withdraw(tx, other, by)
            stored = tx.people.put_grant(replace(grant, state=state, role=role, decided_at=now, decided_by=by))
            body = {"application": grant.application, "user": grant.user, "allowed": allow, "role": role.value}
            tx.events.append([_fact(stored, FactName.ACCESS_DECIDED, tx.now, by, body)])
            return stored

        grant = await self._store.write(work)
        self._credentials.forget()
        try:
            await self._printers.retract_question(grant.printer_id, public_id, ALLOW if allow else DENY)
        except CoreError as error:
            log.info("the question of %s stays on the display: %s", grant.application, error)
        return grant

    def _current(self, grant: Grant) -> Grant:
        if grant.state is GrantState.PENDING and grant.expires_at <= self._clock.now():
            return replace(grant, state=GrantState.EXPIRED)
        return grant

    async def _show(self, grant: Grant) -> None:
        text = f"{grant.application} ({grant.user or 'unknown user'}) asks for access to this printer."
        try:
            await self._printers.ask_for_access(grant.printer_id, grant.public_id, text, (ALLOW, DENY))
        except CoreError as error:
            log.info("the request of %s is not shown on a display: %s", grant.application, error)


def _at(printer_id: str) -> Scope:
    """What somebody who stands in front of a printer can answer for."""
    return Scope(organization_id=None, printers=frozenset({printer_id}))


def _found(tx: Transaction, scope: Scope, public_id: str) -> Grant:
    grant = tx.people.grant_by_public_id(public_id)
    if grant is None or all(seen.id != grant.id for seen in tx.people.grants(scope, printer_id=grant.printer_id)):
        raise NotFound("There is no such request.")
    return grant


def _insert(tx: Transaction, grant: Grant) -> None:
    waiting = tx.people.grants(EVERYTHING, printer_id=grant.printer_id, states=PENDING)
    alive = [other for other in waiting if other.expires_at > grant.created_at]
    if len(alive) >= PENDING_LIMIT:
        raise Throttled("Too many applications wait for an answer at this printer.", PENDING_SECONDS)
    for other in waiting:
        if other.expires_at <= grant.created_at:
            tx.people.put_grant(replace(other, state=GrantState.EXPIRED))
    tx.people.put_grant(grant)
    body = {"application": grant.application, "user": grant.user, "host_name": grant.host_name}
    tx.events.append([_fact(grant, FactName.ACCESS_REQUESTED, grant.created_at, "", body)])


def _withdraw(tx: Transaction, grant: Grant, by: str) -> None:
    tx.people.put_grant(replace(grant, state=GrantState.REVOKED, decided_at=tx.now, decided_by=by))
    tx.events.append([_fact(grant, FactName.ACCESS_REVOKED, tx.now, by, {"application": grant.application})])


def _fact(grant: Grant, name: FactName, at: Instant, actor: str, body: dict[str, Any]) -> Fact:
    return Fact(
        name=name, at=at, organization_id=grant.organization_id, subject_kind="access", subject_id=grant.public_id,
        printer_id=grant.printer_id, actor=actor, body=body,
    )  # fmt: skip
