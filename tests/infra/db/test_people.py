"""Users, tokens and grants."""

import pytest

from printyard.core.errors import Conflict, NotFound
from printyard.core.model.user import EVERYTHING, GrantState, Role, TokenPurpose


async def test_a_user_comes_back_with_whether_there_is_a_password(store, make):
    user = make.user(name="Lück", email="l@example.org", role=Role.ADMIN)
    assert await store.write(lambda tx: tx.people.put_user(user)) == user
    assert await store.read(lambda tx: (tx.people.user_named("lüCK"), tx.people.any_password())) == ((user, ""), False)
    locked = await store.write(lambda tx: tx.people.put_user(user, "hash"))
    assert (locked.has_password, locked.version) == (True, 2)
    assert await store.read(lambda tx: (tx.people.user_named("Lück"), tx.people.any_password())) == (
        (locked, "hash"),
        True,
    )
    renamed = await store.write(lambda tx: tx.people.put_user(make.newer(locked, name="Leia")))
    assert renamed.has_password
    assert await store.read(lambda tx: tx.people.user_named("leia")) == (renamed, "hash")
    assert await store.read(lambda tx: tx.people.user_named("Lück")) is None
    opened = await store.write(lambda tx: tx.people.put_user(renamed, ""))
    assert not opened.has_password
    assert await store.read(lambda tx: tx.people.user(EVERYTHING, user.id)) == opened


@pytest.mark.parametrize(("taken", "name"), [("luke", "LUKE"), ("straße", "STRASSE"), ("ﬁn", "FIN")])
async def test_a_name_is_one_persons_whatever_its_case(store, make, taken, name):
    await store.write(lambda tx: tx.people.put_user(make.user(name=taken)))
    with pytest.raises(Conflict):
        await store.write(lambda tx: tx.people.put_user(make.user(name=name)))
    other = await store.write(lambda tx: tx.people.put_user(make.user(name="other")))

    def rename(tx):
        with pytest.raises(Conflict):
            tx.people.put_user(make.newer(other, name=name))
        return len(tx.people.users(EVERYTHING))

    assert await store.write(rename) == 2


async def test_a_removed_user_is_not_there_and_frees_the_name(store, make):
    user = await store.write(lambda tx: tx.people.put_user(make.user(name="luke"), "hash"))
    await store.write(lambda tx: tx.people.put_user(make.newer(user, deleted_at=5)))
    with pytest.raises(NotFound):
        await store.read(lambda tx: tx.people.user(EVERYTHING, user.id))
    gone = await store.read(
        lambda tx: (tx.people.user_named("luke"), tx.people.users(EVERYTHING), tx.people.any_password())
    )
    assert gone == (None, [], False)
    await store.write(lambda tx: tx.people.put_user(make.user(name="Luke")))


async def test_users_are_by_name(store, make):
    for name in ("zoe", "Ann", "bob"):
        await store.write(lambda tx, name=name: tx.people.put_user(make.user(name=name)))
    assert [user.name for user in await store.read(lambda tx: tx.people.users(EVERYTHING))] == ["Ann", "bob", "zoe"]


async def test_a_token_is_found_by_its_digest_alone(store, make):
    user = await store.write(lambda tx: tx.people.put_user(make.user()))
    old, token = make.token(), make.token(user_id=user.id, expires_at=9)
    await store.write(lambda tx: tx.people.put_token(old, b"o" * 32))
    await store.write(lambda tx: tx.people.put_token(token, b"t" * 32))
    assert await store.read(lambda tx: tx.people.token_by_digest(b"t" * 32)) == token
    assert await store.read(lambda tx: tx.people.token_by_digest(b"x" * 32)) is None
    assert await store.read(lambda tx: tx.people.tokens(EVERYTHING)) == [token, old]
    used = make.newer(token, last_used_at=5, revoked_at=6)
    await store.write(lambda tx: tx.people.put_token(used, None))
    assert await store.read(lambda tx: tx.people.token_by_digest(b"t" * 32)) == used
    await store.write(lambda tx: tx.people.put_token(token, b"n" * 32))
    found = await store.read(lambda tx: [tx.people.token_by_digest(digest * 32) for digest in (b"t", b"n")])
    assert found == [None, token]


async def test_a_digest_belongs_to_one_token(store, make):
    await store.write(lambda tx: tx.people.put_token(make.token(), b"t" * 32))
    for digest in (b"t" * 32, None):
        with pytest.raises(Conflict):
            await store.write(lambda tx, digest=digest: tx.people.put_token(make.token(), digest))


async def test_only_sessions_that_are_over_are_forgotten(store, make):
    kept = [
        make.token(purpose=TokenPurpose.SESSION, expires_at=2_000),
        make.token(purpose=TokenPurpose.ACCESS, expires_at=500),
        make.token(purpose=TokenPurpose.ACCESS, revoked_at=500),
    ]
    over = [
        make.token(purpose=TokenPurpose.SESSION, expires_at=999),
        make.token(purpose=TokenPurpose.SESSION, expires_at=2_000, revoked_at=999),
    ]

    def write(tx):
        for number, token in enumerate([*kept, *over]):
            tx.people.put_token(token, bytes([number]) * 32)

    await store.write(write)
    assert await store.write(lambda tx: tx.people.forget_sessions(1_000)) == len(over)
    left = await store.read(lambda tx: tx.people.tokens(EVERYTHING))
    assert {token.id for token in left} == {token.id for token in kept}


async def test_grants(store, make):
    one, two = make.printer(), make.printer()
    await store.write(lambda tx: [tx.printers.put(one), tx.printers.put(two)])
    first = make.grant(one, sealed_ha1_md5=b"\0\xff", sealed_ha1_sha256=b"s")
    second = make.grant(two, state=GrantState.ALLOWED, decided_at=4, decided_by="admin")
    for grant in (first, second):
        assert await store.write(lambda tx, grant=grant: tx.people.put_grant(grant)) == grant
    assert await store.read(lambda tx: tx.people.grant_by_public_id(first.public_id)) == first
    assert await store.read(lambda tx: tx.people.grant_by_public_id("f" * 32)) is None
    assert await store.read(lambda tx: tx.people.grants(EVERYTHING)) == [second, first]
    assert await store.read(lambda tx: tx.people.grants(EVERYTHING, printer_id=one.id)) == [first]
    pending = frozenset({GrantState.PENDING})
    assert await store.read(lambda tx: tx.people.grants(EVERYTHING, states=pending)) == [first]
    assert await store.read(lambda tx: tx.people.grants(EVERYTHING, printer_id=two.id, states=pending)) == []
    allowed = await store.write(lambda tx: tx.people.put_grant(make.newer(first, state=GrantState.ALLOWED)))
    assert allowed.version == 2
    with pytest.raises(Conflict):
        await store.write(lambda tx: tx.people.put_grant(make.newer(first, state=GrantState.DENIED)))
    with pytest.raises(Conflict):
        await store.write(lambda tx: tx.people.put_grant(make.grant(one, public_id=first.public_id)))
