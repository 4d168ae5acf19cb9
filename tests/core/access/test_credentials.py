"""Credentials become principals."""

import asyncio

import pytest
from msgspec.structs import replace

from printyard.core.access.rules import REQUIRED, anonymous, may, needs_approval, require
from printyard.core.access.sessions import LINK_LIMIT, LINK_SECONDS, SESSION_SECONDS, form_token, same_form_token
from printyard.core.errors import Conflict, Forbidden, Invalid, NotFound, Throttled, Unauthenticated
from printyard.core.model.user import HOME, RANK, Right, Role, Scope, TokenPurpose
from printyard.core.model.value import after
from printyard.testing.people import ADMIN, GUEST, MEMBER, NOBODY, OPERATOR, VISITOR, somebody

MATRIX = {
    Role.GUEST: {Right.READ, Right.PRINT},
    Role.MEMBER: {Right.READ, Right.PRINT, Right.CONTROL, Right.CONFIGURE},
    Role.OPERATOR: {Right.READ, Right.PRINT, Right.CONTROL, Right.CONFIGURE, Right.MANAGE},
    Role.ADMIN: set(Right),
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("right", Right)
def test_roles_and_rights(role, right):
    assert set(REQUIRED) == set(Right)
    assert set(RANK) == set(Role)
    assert may(somebody(role), right) is (right in MATRIX[role])
    narrowed = replace(somebody(role), rights=frozenset({Right.READ}))
    assert may(narrowed, right) is (right is Right.READ)
    assert not may(anonymous(frozenset(), role), right)
    if right in MATRIX[role]:
        require(somebody(role), right)
    else:
        with pytest.raises(Forbidden):
            require(somebody(role), right)
        with pytest.raises(Unauthenticated):
            require(anonymous(frozenset(Right), role), right)


def test_only_guests_need_approval():
    assert [role for role in Role if needs_approval(somebody(role))] == [Role.GUEST]
    assert needs_approval(anonymous(frozenset({Right.PRINT})))


async def test_tokens(yard):
    accounts, credentials = yard.core.accounts, yard.core.credentials
    token, secret = await accounts.add_token(ADMIN, "ci", Role.OPERATOR, after(yard.clock.now(), 60))
    principal = await credentials.by_token(secret)
    assert (principal.role, principal.id, principal.credential_id) == (Role.OPERATOR, f"token:{token.id}", token.id)
    with pytest.raises(Unauthenticated):
        await credentials.by_token(secret + "x")
    with pytest.raises(Unauthenticated):
        await credentials.by_token(secret, TokenPurpose.SESSION)
    await yard.clock.advance(60)
    with pytest.raises(Unauthenticated) as told:
        await credentials.by_token(secret)
    assert told.value.code == "token_expired"
    assert [listed.name for listed in await accounts.tokens(ADMIN)] == ["ci"]
    assert secret not in repr(await yard.facts())
    with pytest.raises(Forbidden):
        await accounts.add_token(OPERATOR, "x", Role.GUEST)


async def test_a_revoked_token_is_dead_at_once_also_for_who_is_just_looking_it_up(yard):
    accounts, credentials = yard.core.accounts, yard.core.credentials
    token, secret = await accounts.add_token(ADMIN, "ci", Role.OPERATOR)
    read = yard.store.read

    async def slow(work):
        value = await read(work)
        yard.store.read = read
        await accounts.revoke_token(ADMIN, token.id)
        return value

    yard.store.read = slow
    await credentials.by_token(secret)
    with pytest.raises(Unauthenticated):
        await credentials.by_token(secret)
    with pytest.raises(NotFound):
        await accounts.revoke_token(ADMIN, "nobody")


async def test_the_yards_own_admin_token_survives_a_restart_unseen(yard):
    credentials = yard.core.credentials
    secret = await credentials.own_admin(yard.ids)
    assert (await credentials.by_token(secret)).role is Role.ADMIN
    assert await credentials.own_admin(yard.ids) == ""
    stored = await yard.store.read(lambda tx: tx.settings.get("admin_token"))
    assert secret not in repr(stored)
    assert (await credentials.by_token(secret)).role is Role.ADMIN
    pair, grant = await credentials.digest_pair("admin")
    assert grant is None
    assert credentials.by_grant(grant, "any printer").role is Role.ADMIN
    assert len(pair.md5) == 32


async def test_passwords_and_patience(yard):
    await yard.core.accounts.add_user(ADMIN, "Ann", Role.MEMBER, "secret word")
    credentials = yard.core.credentials
    assert await credentials.any_password()
    assert (await credentials.by_password("ann", "secret word")).role is Role.MEMBER
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await credentials.by_password("Ann", "wrong")
    with pytest.raises(Throttled) as told:
        await credentials.by_password("ann", "secret word")
    await yard.clock.advance(told.value.retry_after_seconds)
    assert (await credentials.by_password("ann", "secret word")).name == "Ann"
    with pytest.raises(Unauthenticated):
        await credentials.by_password("nobody", "secret word")


async def test_who_was_throttled_waits_longer_each_time(yard):
    await yard.core.accounts.add_user(ADMIN, "Ann", Role.MEMBER, "secret word")
    pauses = []
    while len(pauses) < 12:
        try:
            await yard.core.credentials.by_password("ann", "wrong")
        except Throttled as error:
            pauses.append(error.retry_after_seconds)
            await yard.clock.advance(error.retry_after_seconds)
        except Unauthenticated:
            continue
    assert pauses == sorted(pauses)
    assert pauses[-1] == 300


async def test_users(yard):
    await yard.core.accounts.add_user(ADMIN, "Ann", Role.MEMBER)
    with pytest.raises(Conflict):
        await yard.core.accounts.add_user(ADMIN, "ANN", Role.MEMBER)
    with pytest.raises(Invalid):
        await yard.core.accounts.add_user(ADMIN, " ", Role.MEMBER)
    with pytest.raises(Unauthenticated):
        await yard.core.credentials.by_password("Ann", "")
    assert [user.name for user in await yard.core.accounts.users(ADMIN)] == ["Ann"]


async def test_a_browsers_session_is_its_users_until_it_expires_or_signs_out(yard):
    user = await yard.core.accounts.add_user(ADMIN, "Ann", Role.MEMBER, "secret word")
    sessions = yard.core.sessions
    ann = await yard.core.credentials.by_password("Ann", "secret word")
    first, second = await sessions.open(ann), await sessions.open(ann)
    assert (await sessions.principal(first)).id == user.id
    with pytest.raises(Unauthenticated):
        await yard.core.credentials.by_token(first)
    await sessions.close(first)
    await sessions.close(first)
    with pytest.raises(Unauthenticated):
        await sessions.principal(first)
    await yard.clock.advance(SESSION_SECONDS)
    with pytest.raises(Unauthenticated):
        await sessions.principal(second)
    assert await yard.core.accounts.tokens(ADMIN) == []


async def test_a_narrow_credential_cannot_sign_in_to_the_whole_yard(yard):
    for narrow in (
        replace(MEMBER, scope=Scope(organization_id=HOME, printers=frozenset({"luke"}))),
        replace(MEMBER, scope=Scope(organization_id=HOME, groups=frozenset({"luke"}))),
        VISITOR,
        NOBODY,
    ):
        with pytest.raises(Forbidden):
            await yard.core.sessions.open(narrow)


async def test_links_work_once_and_not_for_ever(yard):
    sessions = yard.core.sessions
    secret = sessions.link(GUEST)
    assert sessions.redeem(secret) == GUEST
    with pytest.raises(Unauthenticated):
        sessions.redeem(secret)
    late = sessions.link(GUEST)
    await yard.clock.advance(LINK_SECONDS)
    with pytest.raises(Unauthenticated):
        sessions.redeem(late)
    oldest, *links = [sessions.link(GUEST) for _ in range(LINK_LIMIT + 1)]
    with pytest.raises(Unauthenticated):
        sessions.redeem(oldest)
    assert sessions.redeem(links[0]) == GUEST


def test_a_form_belongs_to_its_session():
    assert same_form_token("a", form_token("a"))
    assert not same_form_token("a", form_token("b"))
    assert not same_form_token("a", "ü\udcff")


async def test_many_look_a_token_up_at_once(yard):
    _, secret = await yard.core.accounts.add_token(ADMIN, "ci", Role.OPERATOR)
    principals = await asyncio.gather(*(yard.core.credentials.by_token(secret) for _ in range(20)))
    assert len(set(map(repr, principals))) == 1
    assert OPERATOR.role is principals[0].role
