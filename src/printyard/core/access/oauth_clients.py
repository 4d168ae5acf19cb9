"""Programs that may ask people for access: those that an API brings along, and those that administrators register."""

import hmac
from collections.abc import Iterable

from msgspec.structs import replace

from printyard.core.access.consents import end_consent
from printyard.core.access.credentials import Credentials, token_digest
from printyard.core.access.redirects import checked_redirects
from printyard.core.access.rules import require
from printyard.core.errors import Invalid, NotFound, Unauthenticated
from printyard.core.events import Fact, FactName
from printyard.core.model.oauth import MOST, Client
from printyard.core.model.user import Principal, Right
from printyard.core.model.value import Instant
from printyard.core.organizations import organization_of
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock, Ids

ID_BYTES = 16
SECRET_BYTES = 32
NAME_LIMIT = 100


class OAuthClients:
    """Who may ask."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, credentials: Credentials) -> None:
        self._store, self._clock, self._ids, self._credentials = store, clock, ids, credentials
        self._brought: dict[str, Client] = {}

    def bring(self, clients: Iterable[Client]) -> None:
        """Clients that everybody has: an API's own, known before anybody registers one."""
        self._brought.update({client.client_id: client for client in clients})

    async def get(self, client_id: str) -> Client:
        """Raises NotFound."""
        client = self._brought.get(client_id) or await self._store.read(lambda tx: tx.oauth.client(client_id))
        if client is None:
            raise NotFound("Nobody here knows this program.")
        return client

    async def seen(self, principal: Principal, client_id: str) -> Client:
        """A client that may ask the caller, or whoever is about to sign in. Raises NotFound."""
        client = await self.get(client_id)
        if principal.authenticated and not known_to(client, organization_of(principal)):
            raise NotFound("Nobody here knows this program.")
        return client

    async def prove(self, client_id: str, secret: str) -> Client:
        """The client behind a request of its own. Raises Unauthenticated (code invalid_client)."""
        try:
            client = await self.get(client_id)
        except NotFound:
            raise Unauthenticated("Nobody here knows this program.", code="invalid_client") from None
        if client.confidential:
            digest = await self._store.read(lambda tx: tx.oauth.client_digest(client_id))
            if not hmac.compare_digest(digest, token_digest(secret)):
                raise Unauthenticated("The program's secret is wrong.", code="invalid_client")
        return client

    async def all(self, principal: Principal) -> list[Client]:
        """Those that were registered, newest first. Raises Forbidden."""
        require(principal, Right.ADMINISTER)
        return await self._store.read(lambda tx: tx.oauth.clients(principal.scope))

    async def add(
        self, principal: Principal, name: str, redirect_uris: Iterable[str], *, loopback: bool = False,
        confidential: bool = False, rights: frozenset[Right] = MOST,
    ) -> tuple[Client, str]:  # fmt: skip
        """Register one, for the caller's organization; and its secret, shown this once ("" for a public one).

        Raises Forbidden, Invalid.
        """
        require(principal, Right.ADMINISTER)
        uris = checked_redirects(redirect_uris)
        if not name.strip() or len(name) > NAME_LIMIT:
            raise Invalid("A client's name has 1 to 100 characters.")
        if not uris and not loopback:
            raise Invalid("A client needs an address to which people are sent back.")
        secret = self._ids.secret(SECRET_BYTES).hex() if confidential else ""
        client = Client(
            id=self._ids.new(), client_id=self._ids.secret(ID_BYTES).hex(), name=name.strip(),
            created_at=self._clock.now(), organization_id=organization_of(principal), created_by=principal.id,
            redirect_uris=uris, loopback=loopback, confidential=confidential, rights=rights,
        )  # fmt: skip

        def work(tx: Transaction) -> Client:
            stored = tx.oauth.put_client(client, token_digest(secret) if secret else b"")
            tx.events.append([_fact(stored, FactName.CLIENT_ADDED, tx.now, principal)])
            return stored

        return await self._store.write(work), secret

    async def remove(self, principal: Principal, client_id: str) -> None:
        """Remove one, and end all that it was allowed. Raises NotFound, Forbidden."""
        require(principal, Right.ADMINISTER)

        def work(tx: Transaction) -> None:
            found = [client for client in tx.oauth.clients(principal.scope) if client.client_id == client_id]
            if not found:
                raise NotFound("There is no such client.")
            tx.oauth.put_client(replace(found[0], deleted_at=tx.now))
            for consent in tx.oauth.consents(principal.scope, client_id=client_id):
                end_consent(tx, consent, principal.id, "client_removed")
            tx.events.append([_fact(found[0], FactName.CLIENT_REMOVED, tx.now, principal)])

        await self._store.write(work)
        self._credentials.forget()


def known_to(client: Client, organization_id: str) -> bool:
    """Whether a client may ask the people of an organization: it is theirs, or everybody's."""
    return client.organization_id in {None, organization_id}


def _fact(client: Client, name: FactName, at: Instant, principal: Principal) -> Fact:
    return Fact(
        name=name, at=at, organization_id=organization_of(principal), subject_kind="client", subject_id=client.id,
        actor=principal.id, body={"name": client.name, "client_id": client.client_id},
    )  # fmt: skip
