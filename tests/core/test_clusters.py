"""Clusters: registration, who may see them, and how a removed one comes back."""

import asyncio

import pytest
from msgspec.structs import replace

from printyard.core.commands import ShowMessage
from printyard.core.errors import Conflict, Forbidden, Invalid, NotFound, Throttled
from printyard.core.events import FactName
from printyard.core.model.user import Role, Scope
from printyard.testing.house import house
from printyard.testing.people import ADMIN, GUEST, MEMBER, OPERATOR

STRANGER = replace(ADMIN, id="stranger", scope=Scope(organization_id="elsewhere"))


@pytest.fixture
async def home(tmp_path):
    async with house(tmp_path) as running:
        yield running


def shown_by(home, printer_id):
    """What a printer was told to show."""
    return [one.text for one in home.device(printer_id).commands if isinstance(one, ShowMessage)]


async def only(home, principal=ADMIN):
    (cluster,) = await home.core.clusters.all(principal)
    return cluster


async def test_every_printer_is_registered_for_its_organization_at_the_first_look_and_once(home):
    printer_id = await home.add_printer("Luke")
    first, again = await only(home), await only(home, GUEST)
    assert first.id == again.id
    assert first.host.printer.id == printer_id
    assert first.registration.owner_id == ADMIN.id
    assert len(await home.facts(FactName.CLUSTER_REGISTERED)) == 1
    assert await home.core.clusters.all(STRANGER) == []
    with pytest.raises(NotFound):
        await home.core.clusters.get(STRANGER, first.id)


async def test_a_removed_registration_ends_and_its_printer_stays_and_shows_a_pin(home):
    printer_id = await home.add_printer("Luke")
    cluster = await only(home)
    await home.core.clusters.remove(ADMIN, cluster.id)
    await home.settle()
    assert await home.core.clusters.all(ADMIN) == []
    with pytest.raises(NotFound):
        await home.core.clusters.get(ADMIN, cluster.id)
    assert home.shown(printer_id).printer.id == printer_id
    (text,) = shown_by(home, printer_id)
    pin = text.split()[-1].rstrip(".")
    back = await home.core.clusters.confirm_pin(MEMBER, pin)
    assert back.id != cluster.id
    assert back.registration.owner_id == MEMBER.id
    assert (await only(home)).id == back.id
    with pytest.raises(NotFound):
        await home.core.clusters.confirm_pin(MEMBER, pin)


async def test_a_printer_that_was_away_shows_the_pin_when_it_comes_back(home):
    printer_id, other = await home.add_printer("Luke"), await home.add_printer("Leia")
    cluster = next(one for one in await home.core.clusters.all(ADMIN) if one.host.printer.id == printer_id)
    home.device(printer_id).lose()
    home.device(other).lose()
    await home.settle()
    await home.core.clusters.remove(ADMIN, cluster.id)
    assert shown_by(home, printer_id) == []
    for one in (printer_id, other):
        home.device(one).find()
    await home.clock.advance(120.0)
    await home.settle()
    (text,) = shown_by(home, printer_id)
    assert shown_by(home, other) == []  # it is registered
    await home.core.clusters.confirm_pin(MEMBER, text.split()[-1].rstrip("."))


async def test_a_printer_whose_return_is_stored_and_not_yet_shown_is_waited_for(home):
    printer_id = await home.add_printer("Luke")
    cluster = await only(home)
    home.device(printer_id).lose()
    await home.settle()
    await home.core.clusters.remove(ADMIN, cluster.id)
    home.store.hold()
    home.device(printer_id).find()
    await home.clock.advance(120.0)
    told = asyncio.create_task(home.core.clusters.returned(printer_id))
    await home.settle()
    assert (told.done(), shown_by(home, printer_id)) == (False, [])
    home.store.release()
    await home.settle()
    await told
    assert len(shown_by(home, printer_id)) == 2, "once for this, and once for the fact"


async def test_a_removed_one_stays_removed_after_a_restart(home, tmp_path):
    await home.add_printer("Luke")
    cluster = await only(home)
    await home.core.clusters.remove(ADMIN, cluster.id)
    again = type(home.core.clusters)(home.store, home.clock, home.ids, home.core.printers, home.core.teams)
    await again.load()
    assert await again.all(ADMIN) == []


async def test_pins_cannot_be_guessed_for_long(home):
    await home.add_printer("Luke")
    await home.core.clusters.remove(ADMIN, (await only(home)).id)
    for _ in range(5):
        with pytest.raises(NotFound):
            await home.core.clusters.confirm_pin(MEMBER, "000000")
    with pytest.raises(Throttled):
        await home.core.clusters.confirm_pin(MEMBER, "000000")
    await home.clock.advance(61.0)
    with pytest.raises(NotFound):
        await home.core.clusters.confirm_pin(MEMBER, "000000")


async def test_whoever_manages_printers_registers_by_the_devices_own_id(home):
    printer_id = await home.add_printer("Luke")
    guid = home.shown(printer_id).printer.device_guid
    for _ in range(2):
        with pytest.raises(Conflict):
            await home.core.clusters.confirm_connection(OPERATOR, guid)
        await home.core.clusters.all(ADMIN)
    with pytest.raises(NotFound):
        await home.core.clusters.confirm_connection(OPERATOR, "nobody")
    await home.core.clusters.remove(ADMIN, (await only(home)).id)
    with pytest.raises(Forbidden):
        await home.core.clusters.confirm_connection(MEMBER, guid)
    back = await home.core.clusters.confirm_connection(OPERATOR, guid)
    assert back.host.printer.id == printer_id


async def test_a_look_at_who_surely_sees_a_cluster_agrees_with_the_long_way(home):
    luke, leia = await home.add_printer("Luke"), await home.add_printer("Leia")
    cluster = next(one for one in await home.core.clusters.all(ADMIN) if one.host.printer.id == luke)
    group, clusters = cluster.registration.group_id, home.core.clusters
    one_printer = replace(MEMBER, scope=replace(MEMBER.scope, printers=frozenset({luke})))
    another = replace(MEMBER, scope=replace(MEMBER.scope, printers=frozenset({leia})))
    nothing = replace(MEMBER, rights=frozenset())
    for who, seen in ((ADMIN, True), (MEMBER, True), (GUEST, True), (one_printer, True), (another, False),
                      (STRANGER, False), (nothing, False)):  # fmt: skip
        assert clusters.seen(who, cluster.id) == (group if seen else None), who
    await clusters.share(ADMIN, cluster.id, organization_shared=False, team_ids=())
    assert clusters.seen(ADMIN, cluster.id) == group
    assert clusters.seen(OPERATOR, cluster.id) is None
    await clusters.remove(ADMIN, cluster.id)
    assert clusters.seen(ADMIN, cluster.id) is None
    assert clusters.seen(ADMIN, "nothing") is None


async def test_a_cluster_that_is_not_shared_is_seen_by_its_owner_its_teams_and_administrators(home):
    await home.add_printer("Luke")
    cluster = await only(home)
    ann = await home.core.accounts.add_user(ADMIN, "Ann", Role.MEMBER)
    team = await home.core.teams.add(ADMIN, "Crew")
    await home.core.teams.join(ADMIN, team.id, [ann.id])
    await home.core.clusters.share(ADMIN, cluster.id, organization_shared=False, team_ids=(team.id,))
    member_of_team = replace(MEMBER, id=ann.id, user_id=ann.id)
    assert await home.core.clusters.all(MEMBER) == []
    assert (await only(home, member_of_team)).id == cluster.id
    assert (await only(home, ADMIN)).id == cluster.id
    with pytest.raises(NotFound):
        await home.core.clusters.get(MEMBER, cluster.id)
    assert await home.core.clusters.team_counts(ADMIN, frozenset({team.id, "other"})) == {team.id: 1, "other": 0}
    await home.core.clusters.forget_team(ADMIN, team.id)
    assert await home.core.clusters.all(member_of_team) == []


async def test_only_the_owner_or_an_operator_shares_and_removes(home):
    await home.add_printer("Luke")
    cluster = await only(home)
    with pytest.raises(Forbidden):
        await home.core.clusters.share(MEMBER, cluster.id, organization_shared=False, team_ids=None)
    with pytest.raises(Forbidden):
        await home.core.clusters.remove(MEMBER, cluster.id)
    await home.core.clusters.share(OPERATOR, cluster.id, organization_shared=False, team_ids=None)


async def test_a_note_has_3500_characters_at_most(home):
    await home.add_printer("Luke")
    cluster = await only(home)
    assert (await home.core.clusters.set_note(MEMBER, cluster.id, "x" * 3500)).registration.note == "x" * 3500
    with pytest.raises(Invalid):
        await home.core.clusters.set_note(MEMBER, cluster.id, "x" * 3501)
    with pytest.raises(Forbidden):
        await home.core.clusters.set_note(GUEST, cluster.id, "x")
    (fact,) = await home.facts(FactName.CLUSTER_CHANGED)
    assert fact.subject_id == cluster.id
