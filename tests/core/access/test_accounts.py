"""Accounts, their own tokens and browsers, and what becomes of both when somebody is switched off or removed."""

import pytest
from msgspec.structs import replace

from printyard.core.access.sessions import SESSION_SECONDS
from printyard.core.errors import Conflict, Forbidden, Invalid, NotFound, StorageFull, Throttled, Unauthenticated
from printyard.core.events import FactName
from printyard.core.model.user import HOME, Right, Role, Scope, TokenPurpose
from printyard.core.model.value import after
from printyard.testing.people import ADMIN, MEMBER, OPERATOR

PASSWORD = "correct horse battery staple"


@pytest.fixture
async def ann(yard):
    return await yard.core.accounts.add_user(ADMIN, "Ann", Role.OPERATOR, PASSWORD)


async def present(yard, name="Ann", password=PASSWORD):
    """Somebody who has just typed their password."""
    return await yard.core.credentials.by_password(name, password)


async def in_a_browser(yard, name="Ann", password=PASSWORD):
    """Somebody with a session, and its secret."""
    secret = await yard.core.sessions.sign_in(name, password, "192.0.2.7")
    return await yard.core.sessions.principal(secret), secret


# -- administrators and accounts


async def test_an_account_that_is_switched_off_proves_nobody_until_it_is_on_again(yard, ann):
    accounts, credentials = yard.core.accounts, yard.core.credentials
    _, session = await in_a_browser(yard)
    _, token = await yard.core.own_account.add_token(await present(yard), "script")
    off = await accounts.change_user(ADMIN, ann.id, disabled=True)
    assert off.disabled_at is not None
    with pytest.raises(Forbidden) as told:
        await present(yard)
    assert told.value.code == "disabled"
    with pytest.raises(Unauthenticated):
        await present(yard, password="not this one")
    with pytest.raises(Unauthenticated):
        await credentials.by_token(token)
    with pytest.raises(Unauthenticated):
        await yard.core.sessions.principal(session)
    on = await accounts.change_user(ADMIN, ann.id, disabled=False)
    assert (on.disabled_at, on.role) == (None, Role.OPERATOR)
    assert (await credentials.by_token(token)).user_id == ann.id
    with pytest.raises(Unauthenticated):
        await yard.core.sessions.principal(session)
    told_of = [fact.body["disabled"] for fact in await yard.facts(FactName.USER_CHANGED)]
    assert told_of == [True, False]


async def test_nobody_locks_themselves_out(yard, ann):
    accounts = yard.core.accounts
    await accounts.change_user(ADMIN, ann.id, Role.ADMIN)
    herself = await present(yard)
    for attempt in (
        accounts.change_user(herself, ann.id, Role.GUEST),
        accounts.change_user(herself, ann.id, disabled=True),
        accounts.remove_user(herself, ann.id),
    ):
        with pytest.raises(Conflict):
            await attempt
    assert (await accounts.change_user(herself, ann.id, email="ann@example.org")).email == "ann@example.org"


async def test_an_account_gets_another_name_unless_it_is_taken(yard, ann):
    accounts = yard.core.accounts
    bob = await accounts.add_user(ADMIN, "  Bob \t Builder ", Role.MEMBER)
    assert bob.name == "Bob Builder"
    with pytest.raises(Conflict):
        await accounts.change_user(ADMIN, bob.id, name="ANN")
    assert (await accounts.change_user(ADMIN, bob.id, name="Rob")).name == "Rob"
    for name in ("", " ", "x" * 101, "a\0b", "a\u202eb"):
        with pytest.raises(Invalid):
            await accounts.change_user(ADMIN, bob.id, name=name)
    for email in ("nobody", "@example.org", "ann@", "a b@example.org", f"{'x' * 250}@example.org"):
        with pytest.raises(Invalid):
            await accounts.change_user(ADMIN, bob.id, email=email)
    assert (await accounts.change_user(ADMIN, bob.id, email="")).email == ""


async def test_a_password_is_long_enough_and_stays_as_it_was_typed(yard):
    accounts = yard.core.accounts
    for short in ("1234567", "secret"):
        with pytest.raises(Invalid):
            await accounts.add_user(ADMIN, "Ann", Role.MEMBER, short)
    ann = await accounts.add_user(ADMIN, "Ann", Role.MEMBER, "  with blanks  ")
    assert await yard.core.sessions.sign_in(" Ann ", "  with blanks  ", "")
    with pytest.raises(Unauthenticated):
        await yard.core.sessions.sign_in("Ann", "with blanks", "")
    with pytest.raises(Invalid):
        await accounts.set_password(ADMIN, ann.id, "short")
    with pytest.raises(Invalid):
        await yard.core.own_account.change_password(await present(yard, password="  with blanks  "), "x", "short")
    assert not (await accounts.set_password(ADMIN, ann.id, "")).has_password
    with pytest.raises(Unauthenticated):
        await present(yard, password="")


async def test_administration_is_for_administrators(yard, ann):
    accounts = yard.core.accounts
    for attempt in (
        accounts.users(OPERATOR), accounts.tokens(OPERATOR), accounts.user(OPERATOR, ann.id),
        accounts.add_user(OPERATOR, "Eve", Role.GUEST), accounts.change_user(OPERATOR, ann.id, Role.ADMIN),
        accounts.set_password(OPERATOR, ann.id, PASSWORD), accounts.remove_user(OPERATOR, ann.id),
        accounts.add_token(OPERATOR, "ci", Role.GUEST), accounts.revoke_token(OPERATOR, "x"),
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            await attempt
    assert (await accounts.user(await present(yard), ann.id)).name == "Ann"


# -- one's own


async def test_a_token_of_ones_own_is_narrowed_by_role_rights_and_time(yard, ann):
    own, credentials = yard.core.own_account, yard.core.credentials
    herself = await present(yard)
    ends = after(yard.clock.now(), 60)
    token, secret = await own.add_token(herself, "look", Role.MEMBER, ends, frozenset({Right.READ}))
    assert (token.user_id, token.purpose) == (ann.id, TokenPurpose.ACCESS)
    principal = await credentials.by_token(secret)
    assert (principal.role, principal.rights, principal.present) == (Role.MEMBER, {Right.READ}, False)
    with pytest.raises(Forbidden):
        await own.add_token(herself, "more", Role.ADMIN)
    with pytest.raises(Invalid):
        await own.add_token(herself, " ")
    await yard.clock.advance(60)
    with pytest.raises(Unauthenticated) as told:
        await credentials.by_token(secret)
    assert told.value.code == "token_expired"


async def test_a_token_does_not_make_others_but_may_give_itself_up(yard, ann):
    own = yard.core.own_account
    token, secret = await own.add_token(await present(yard), "script")
    script = await yard.core.credentials.by_token(secret)
    with pytest.raises(Forbidden):
        await own.add_token(script, "another")
    with pytest.raises(Forbidden):
        await own.change_email(script, "thief@example.org")
    with pytest.raises(Forbidden):
        await own.change_password(script, PASSWORD, "another password")
    assert [each.id for each in await own.tokens(script)] == [token.id]
    await own.revoke_token(script, token.id)
    with pytest.raises(Unauthenticated):
        await yard.core.credentials.by_token(secret)


async def test_nobody_touches_what_is_anothers(yard, ann):
    own = yard.core.own_account
    await yard.core.accounts.add_user(ADMIN, "Bob", Role.ADMIN, PASSWORD)
    bob, _ = await in_a_browser(yard, "Bob")
    token, _ = await own.add_token(await present(yard), "script")
    session, _ = await in_a_browser(yard)
    for attempt in (
        own.revoke_token(bob, token.id), own.end_session(bob, str(session.credential_id)),
        own.revoke_token(session, str(session.credential_id)), own.end_session(session, token.id),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            await attempt
    assert await own.tokens(bob) == []
    for nobodys in (ADMIN, MEMBER):
        with pytest.raises(NotFound):
            await own.tokens(nobodys)
    assert await own.user(ADMIN) is None


async def test_ones_browsers_are_listed_and_signed_out_one_by_one(yard, ann):
    own = yard.core.own_account
    here, _ = await in_a_browser(yard)
    there, secret = await in_a_browser(yard)
    assert {each.id for each in await own.sessions(here)} == {here.credential_id, there.credential_id}
    await own.end_session(here, str(there.credential_id))
    with pytest.raises(Unauthenticated):
        await yard.core.sessions.principal(secret)
    assert [each.id for each in await own.sessions(here)] == [here.credential_id]
    await yard.clock.advance(SESSION_SECONDS)
    assert await own.sessions(await present(yard)) == []


async def test_another_password_keeps_the_browser_in_which_it_was_typed(yard, ann):
    here, kept = await in_a_browser(yard)
    _, other = await in_a_browser(yard)
    with pytest.raises(Forbidden) as told:
        await yard.core.own_account.change_password(here, "wrong password", "another password")
    assert told.value.code == "wrong_password"
    await yard.core.own_account.change_password(here, PASSWORD, "another password")
    assert (await yard.core.sessions.principal(kept)).user_id == ann.id
    with pytest.raises(Unauthenticated):
        await yard.core.sessions.principal(other)
    assert (await present(yard, password="another password")).user_id == ann.id


async def test_when_a_token_was_last_used_is_seen_in_the_list(yard, ann):
    own, credentials = yard.core.own_account, yard.core.credentials
    herself = await present(yard)
    _, secret = await own.add_token(herself, "script")
    assert [each.last_used_at for each in await own.tokens(herself)] == [None]
    await yard.clock.advance(5)
    await credentials.by_token(secret)
    used = yard.clock.now()
    await yard.clock.advance(5)
    assert [each.last_used_at for each in await own.tokens(herself)] == [used]
    assert [each.last_used_at for each in await yard.core.accounts.tokens(ADMIN)] == [used]


async def test_a_use_is_not_forgotten_while_the_database_is_away(yard, ann):
    credentials = yard.core.credentials
    _, secret = await yard.core.own_account.add_token(await present(yard), "script")
    await credentials.by_token(secret)
    used, write = yard.clock.now(), yard.store.write

    async def away(work):
        raise StorageFull("away")

    yard.store.write = away
    with pytest.raises(StorageFull):
        await credentials.uses.write()
    yard.store.write = write
    await credentials.uses.write()
    assert [each.last_used_at for each in await yard.core.accounts.tokens(ADMIN)] == [used]


# -- signing in


async def test_who_types_wrong_tokens_waits_but_only_at_that_address(yard, ann):
    sessions = yard.core.sessions
    _, secret = await yard.core.accounts.add_token(ADMIN, "ci", Role.MEMBER)
    for _ in range(20):
        with pytest.raises(Unauthenticated):
            await sessions.sign_in("", "a guess", "192.0.2.1")
    with pytest.raises(Throttled):
        await sessions.sign_in("", secret, "192.0.2.1")
    assert await sessions.sign_in("", f" {secret}\n", "192.0.2.2")
    assert await sessions.sign_in("", secret, "")


@pytest.mark.parametrize(
    ("same", "other"),
    [
        (["2001:db8::1", "2001:db8::2", "2001:DB8:0:0:ffff::9"], "2001:db8:0:1::1"),
        (["fe80::1%eth0"], "fe80:0:0:9::1"),
        (["192.0.2.1", "::ffff:192.0.2.1"], "192.0.2.2"),
        (["a socket's file"], "another"),
    ],
)
async def test_who_has_many_addresses_is_one(yard, same, other):
    sessions = yard.core.sessions
    for number in range(20):
        with pytest.raises(Unauthenticated):
            await sessions.sign_in("", "a guess", same[number % len(same)])
    with pytest.raises(Throttled):
        await sessions.sign_in("", "a guess", same[-1])
    with pytest.raises(Unauthenticated):
        await sessions.sign_in("", "a guess", other)


@pytest.mark.parametrize("name", ["Ａｎｎ", "ANN", "ann"])  # noqa: RUF001 (one name, in other letters)
async def test_the_same_name_in_other_letters_is_no_new_chance(yard, ann, name):
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await present(yard, password="a guess")
    with pytest.raises(Throttled):
        await present(yard, name)


async def test_a_session_ends_with_the_token_that_opened_it(yard):
    sessions, accounts = yard.core.sessions, yard.core.accounts
    ends = after(yard.clock.now(), 3600)
    token, secret = await accounts.add_token(ADMIN, "ci", Role.MEMBER, ends)
    principal = await yard.core.credentials.by_token(secret)
    session, link = await sessions.sign_in("", secret, ""), sessions.link(principal)
    assert (await sessions.principal(session)).name == "ci"
    await accounts.revoke_token(ADMIN, token.id)
    with pytest.raises(Unauthenticated):
        await sessions.principal(session)
    with pytest.raises(Unauthenticated):
        await sessions.open(sessions.redeem(link))


async def test_another_admin_token_ends_what_the_one_before_had_opened(yard, ann):
    credentials, sessions = yard.core.credentials, yard.core.sessions
    credentials.set_admin("the first admin token")
    await credentials.end_former_admin()
    by_admin = await sessions.sign_in("", "the first admin token", "")
    _, by_ann = await in_a_browser(yard)
    await credentials.end_former_admin()
    assert (await sessions.principal(by_admin)).role is Role.ADMIN
    credentials.set_admin("the second admin token")
    await credentials.end_former_admin()
    with pytest.raises(Unauthenticated):
        await sessions.principal(by_admin)
    assert (await sessions.principal(by_ann)).user_id == ann.id
    stored = await yard.store.read(lambda tx: tx.settings.get("admin_seen"))
    assert "admin token" not in repr(stored)


async def test_a_part_of_the_yard_manages_no_account(yard, ann):
    herself = replace(await present(yard), rights=frozenset(Right))
    with pytest.raises(Forbidden):
        await yard.core.own_account.tokens(herself)
    elsewhere = replace(await present(yard), scope=Scope(organization_id="elsewhere"))
    with pytest.raises(NotFound):
        await yard.core.own_account.user(elsewhere)
    assert (await yard.core.own_account.user(await present(yard))).organization_id == HOME
