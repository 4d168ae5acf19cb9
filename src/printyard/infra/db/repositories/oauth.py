"""OAuth2: clients, codes and consents. Their tokens are rows of `tokens`, beside all others."""

import msgspec
from sqlalchemy import Connection, delete, or_, select, update

from printyard.core.errors import Conflict
from printyard.core.model.oauth import Client, Code, Consent
from printyard.core.model.user import Scope
from printyard.core.model.value import Instant
from printyard.infra.db.account_tables import oauth_clients, oauth_codes, oauth_consents
from printyard.infra.db.rows import added, put_by_version, replace_row, row_of, value_of
from printyard.infra.db.scope import within

CLIENT = [column for column in oauth_clients.c if column.name != "digest"]
CODE = [column for column in oauth_codes.c if column.name != "digest"]


class SqlOAuth:
    """core.ports.account_rows.OAuthRows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def client(self, client_id: str) -> Client | None:
        table = oauth_clients.c
        query = select(*CLIENT).where(table.client_id == client_id, table.deleted_at.is_(None))
        row = self._connection.execute(query).first()
        return None if row is None else value_of(Client, row)

    def clients(self, scope: Scope) -> list[Client]:
        table = oauth_clients.c
        query = (
            select(*CLIENT)
            .where(within(scope, oauth_clients), table.deleted_at.is_(None))
            .order_by(table.created_at.desc(), table.id.desc())
        )
        return [value_of(Client, row) for row in self._connection.execute(query)]

    def put_client(self, client: Client, digest: bytes | None = None) -> Client:
        if digest is None:
            digest = self.client_digest(client.client_id)
        version = put_by_version(self._connection, oauth_clients, row_of(client) | {"digest": digest}, "client")
        return msgspec.structs.replace(client, version=version)

    def client_digest(self, client_id: str) -> bytes:
        query = select(oauth_clients.c.digest).where(oauth_clients.c.client_id == client_id)
        return self._connection.execute(query).scalar() or b""

    def put_code(self, code: Code, digest: bytes | None = None) -> None:
        row = row_of(code)
        if digest is not None:
            if not added(self._connection, oauth_codes, row | {"digest": digest}):
                raise Conflict("This code was given before.")
            return
        self._connection.execute(update(oauth_codes).where(oauth_codes.c.id == code.id).values(row))

    def code(self, digest: bytes) -> Code | None:
        row = self._connection.execute(select(*CODE).where(oauth_codes.c.digest == digest)).first()
        return None if row is None else value_of(Code, row)

    def put_consent(self, consent: Consent) -> None:
        replace_row(self._connection, oauth_consents, row_of(consent))

    def consent(self, consent_id: str) -> Consent | None:
        row = self._connection.execute(select(oauth_consents).where(oauth_consents.c.id == consent_id)).first()
        return None if row is None else value_of(Consent, row)

    def consents(
        self, scope: Scope, *, user_id: str | None = None, client_id: str | None = None, root_id: str | None = None
    ) -> list[Consent]:
        table = oauth_consents.c
        query = select(oauth_consents).where(within(scope, oauth_consents), table.revoked_at.is_(None))
        for column, wanted in ((table.user_id, user_id), (table.client_id, client_id), (table.root_id, root_id)):
            if wanted is not None:
                query = query.where(column == wanted)
        rows = self._connection.execute(query.order_by(table.created_at.desc(), table.id.desc()))
        return [value_of(Consent, row) for row in rows]

    def forget(self, ended_before: Instant) -> int:
        codes = delete(oauth_codes).where(oauth_codes.c.expires_at < ended_before)
        table = oauth_consents.c
        ended = or_(table.expires_at < ended_before, table.revoked_at < ended_before)
        consents = delete(oauth_consents).where(ended)
        return self._connection.execute(codes).rowcount + self._connection.execute(consents).rowcount
