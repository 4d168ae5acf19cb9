"""Users, tokens and grants."""

import unicodedata
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, bindparam, delete, or_, select, true, update

from printyard.core.errors import Conflict, NotFound
from printyard.core.model.user import Grant, GrantState, Scope, Token, TokenPurpose, User
from printyard.core.model.value import Instant
from printyard.infra.db.rows import added, put_by_version, row_of, value_of
from printyard.infra.db.scope import within
from printyard.infra.db.tables import grants, tokens, users

HIDDEN = ("password_hash", "name_key")
TOKEN = [column for column in tokens.c if column.name != "digest"]


class SqlPeople:
    """core.ports.store.PeopleRows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def user(self, scope: Scope, user_id: str) -> User:
        query = select(users).where(within(scope, users), users.c.id == user_id, users.c.deleted_at.is_(None))
        row = self._connection.execute(query).first()
        if row is None:
            raise NotFound("There is no such user.")
        return _user(row)

    def user_named(self, name: str) -> tuple[User, str] | None:
        query = select(users).where(users.c.name_key == name_key(name), users.c.deleted_at.is_(None))
        row = self._connection.execute(query).first()
        return None if row is None else (_user(row), row.password_hash)

    def users(self, scope: Scope) -> list[User]:
        query = select(users).where(within(scope, users), users.c.deleted_at.is_(None)).order_by(users.c.name_key)
        return [_user(row) for row in self._connection.execute(query)]

    def put_user(self, user: User, password_hash: str | None = None) -> User:
        if password_hash is None:
            query = select(users.c.password_hash).where(users.c.id == user.id)
            password_hash = self._connection.execute(query).scalar() or ""
        row = row_of(user) | {"name_key": name_key(user.name), "password_hash": password_hash}
        del row["has_password"]
        version = put_by_version(self._connection, users, row, "user")
        return msgspec.structs.replace(user, version=version, has_password=password_hash != "")

    def any_password(self) -> bool:
        query = select(users.c.id).where(users.c.password_hash != "", users.c.deleted_at.is_(None)).limit(1)
        return self._connection.execute(query).first() is not None

    def put_token(self, token: Token, digest: bytes | None = None) -> None:
        row = row_of(token)
        if digest is not None and added(self._connection, tokens, row | {"digest": digest}):
            return
        if digest is not None:
            row["digest"] = digest
        if self._connection.execute(update(tokens).where(tokens.c.id == token.id).values(row)).rowcount == 0:
            raise Conflict("This token is another one's, or was never given.")

    def forget_sessions(self, ended_before: Instant) -> int:
        expired = tokens.c.expires_at < ended_before
        passing = tokens.c.purpose.in_([TokenPurpose.SESSION, TokenPurpose.OAUTH])
        ended = and_(passing, or_(expired, tokens.c.revoked_at < ended_before))
        used_up = and_(tokens.c.purpose == TokenPurpose.REFRESH, expired)
        return self._connection.execute(delete(tokens).where(or_(ended, used_up))).rowcount

    def token_by_digest(self, digest: bytes) -> Token | None:
        row = self._connection.execute(select(*TOKEN).where(tokens.c.digest == digest)).first()
        return None if row is None else value_of(Token, row)

    def token(self, scope: Scope, token_id: str) -> Token:
        row = self._connection.execute(select(*TOKEN).where(within(scope, tokens), tokens.c.id == token_id)).first()
        if row is None:
            raise NotFound("There is no such token.")
        return value_of(Token, row)

    def tokens(self, scope: Scope, *, user_id: str | None = None) -> list[Token]:
        query = select(*TOKEN).where(within(scope, tokens)).order_by(tokens.c.created_at.desc(), tokens.c.id.desc())
        if user_id is not None:
            query = query.where(tokens.c.user_id == user_id)
        return [value_of(Token, row) for row in self._connection.execute(query)]

    def revoke(
        self, at: Instant, *, user_id: str | None = None, parent_id: str | None = None,
        purposes: frozenset[TokenPurpose] = frozenset(TokenPurpose), but: str | None = None,
    ) -> int:  # fmt: skip
        whose = tokens.c.user_id == user_id if user_id is not None else tokens.c.parent_id == parent_id
        kept = true() if but is None else tokens.c.id != but
        standing = and_(whose, kept, tokens.c.revoked_at.is_(None), tokens.c.purpose.in_(sorted(purposes)))
        return self._connection.execute(update(tokens).where(standing).values(revoked_at=at)).rowcount

    def used(self, uses: Mapping[str, Instant]) -> None:
        if uses:
            statement = (
                update(tokens).where(tokens.c.id == bindparam("used_id")).values(last_used_at=bindparam("used_at"))
            )
            self._connection.execute(statement, [{"used_id": each, "used_at": at} for each, at in uses.items()])

    def put_grant(self, grant: Grant) -> Grant:
        return msgspec.structs.replace(grant, version=put_by_version(self._connection, grants, row_of(grant), "grant"))

    def grant_by_public_id(self, public_id: str) -> Grant | None:
        row = self._connection.execute(select(grants).where(grants.c.public_id == public_id)).first()
        return None if row is None else value_of(Grant, row)

    def grants(
        self, scope: Scope, *, printer_id: str | None = None, states: frozenset[GrantState] | None = None
    ) -> list[Grant]:
        query = (
            select(grants)
            .where(within(scope, grants, printer_id))
            .order_by(grants.c.created_at.desc(), grants.c.id.desc())
        )
        if states is not None:
            query = query.where(grants.c.state.in_(sorted(states)))
        return [value_of(Grant, row) for row in self._connection.execute(query)]


def _user(row: Row[Any]) -> User:
    columns = {name: value for name, value in row._mapping.items() if name not in HIDDEN}  # noqa: SLF001 (public)
    return User(has_password=row.password_hash != "", **columns)


def name_key(name: str) -> str:
    """By this names are unique: neither case nor the width of a letter makes another person."""
    return unicodedata.normalize("NFKC", name).casefold()
