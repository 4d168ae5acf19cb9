"""Tenancy: what lies outside of a scope is not there, whatever is asked."""

import pytest

from printyard.core.errors import NotFound
from printyard.core.model.job import JobState
from printyard.core.model.user import EVERYTHING, HOME, Scope

STATES = frozenset(JobState)


class World:
    """One printer with one row of everything, in one organization."""

    def __init__(self, make, organization_id):
        own = {"organization_id": organization_id}
        self.organization_id = organization_id
        self.printer = make.printer(**own)
        self.record = make.record(self.printer)
        self.file = make.file(**own)
        self.waiting = make.job(None, **own, group_id=self.printer.group_id, file_id=self.file.id)
        self.job = make.ended(self.printer, **own)
        self.material = make.material(**own)
        self.user, self.token = make.user(**own), make.token(**own)
        self.grant = make.grant(self.printer)
        self.project = make.project(**own)
        self.comment = make.comment(self.project)
        self.upload = make.upload(**own, project_id=self.project.id)
        self.report = make.report(**own)
        self.fact, self.yard_fact = make.fact(self.printer, **own), make.fact(None, **own)
        self.numbers = ()

    def put(self, tx):
        tx.printers.put(self.printer)
        tx.printers.put_record(self.record)
        tx.files.put(self.file)
        tx.jobs.put(self.waiting)
        tx.jobs.put(self.job)
        tx.materials.put(self.material)
        tx.people.put_user(self.user)
        tx.people.put_token(self.token, self.token.id.encode())
        tx.people.put_grant(self.grant)
        tx.projects.put(self.project)
        tx.projects.add_comment(self.comment)
        tx.uploads.put(self.upload)
        tx.reports.put(self.report)
        self.numbers = [recorded.number for recorded in tx.events.append([self.fact, self.yard_fact])]


def ids(values):
    return {value.id for value in values}


def facts(tx, scope, **page):
    return {recorded.number for recorded in tx.events.page(scope, **page)}


OF_PRINTER = {
    "printers.get": lambda tx, scope, w: {tx.printers.get(scope, w.printer.id).id},
    "printers.all": lambda tx, scope, w: ids(tx.printers.all(scope)),
    "printers.record": lambda tx, scope, w: {tx.printers.record(scope, w.printer.id).printer_id},
    "jobs.get": lambda tx, scope, w: {tx.jobs.get(scope, w.job.id).id},
    "jobs.get waiting": lambda tx, scope, w: {tx.jobs.get(scope, w.waiting.id).id},
    "jobs.in_states": lambda tx, scope, w: ids(tx.jobs.in_states(scope, STATES)),
    "jobs.in_states of a printer": lambda tx, scope, w: ids(tx.jobs.in_states(scope, STATES, printer_id=w.printer.id)),
    "jobs.in_states of a group": lambda tx, scope, w: ids(
        tx.jobs.in_states(scope, STATES, group_id=w.printer.group_id)
    ),
    "jobs.history": lambda tx, scope, w: ids(tx.jobs.history(scope)),
    "jobs.history of a printer": lambda tx, scope, w: ids(tx.jobs.history(scope, printer_id=w.printer.id)),
    "jobs.latest": lambda tx, scope, w: ids(filter(None, [tx.jobs.latest(scope, w.printer.id)])),
    "events.page": lambda tx, scope, w: facts(tx, scope) - {w.numbers[1]},
    "events.page of a printer": lambda tx, scope, w: facts(tx, scope, printer_id=w.printer.id),
    "people.grants": lambda tx, scope, w: ids(tx.people.grants(scope)),
    "people.grants of a printer": lambda tx, scope, w: ids(tx.people.grants(scope, printer_id=w.printer.id)),
}
OF_ORGANIZATION = {
    "files.get": lambda tx, scope, w: {tx.files.get(scope, w.file.id).id},
    "files.get removed": lambda tx, scope, w: {tx.files.get(scope, w.file.id, removed=True).id},
    "files.page": lambda tx, scope, w: ids(tx.files.page(scope)),
    "uploads.get": lambda tx, scope, w: {tx.uploads.get(scope, w.upload.id).id},
    "uploads.get removed": lambda tx, scope, w: {tx.uploads.get(scope, w.upload.id, removed=True).id},
    "uploads.page": lambda tx, scope, w: ids(tx.uploads.page(scope, kind=w.upload.kind)),
    "uploads.page of a project": lambda tx, scope, w: ids(tx.uploads.page(scope, project_id=w.project.id)),
    "uploads.overdue": lambda tx, scope, w: ids(tx.uploads.overdue(scope, 10_000)),
    "projects.get": lambda tx, scope, w: {tx.projects.get(scope, w.project.id).id},
    "projects.page": lambda tx, scope, w: ids(tx.projects.page(scope, None)),
    "projects.comments": lambda tx, scope, w: ids(tx.projects.comments(scope, w.project.id)),
    "reports.get": lambda tx, scope, w: {tx.reports.get(scope, w.report.id).id},
    "reports.unfinished": lambda tx, scope, w: ids(tx.reports.unfinished(scope)),
    "materials.get": lambda tx, scope, w: {tx.materials.get(scope, w.material.guid).guid},
    "materials.all": lambda tx, scope, w: {material.guid for material in tx.materials.all(scope)},
    "materials.version_of": lambda tx, scope, w: set(filter(None, [tx.materials.version_of(scope, w.material.guid)])),
    "people.user": lambda tx, scope, w: {tx.people.user(scope, w.user.id).id},
    "people.users": lambda tx, scope, w: ids(tx.people.users(scope)),
    "people.tokens": lambda tx, scope, w: ids(tx.people.tokens(scope)),
}
READS = OF_PRINTER | OF_ORGANIZATION


def scope_of(world, narrowing):
    home = world.organization_id
    return {
        "organization": Scope(organization_id=home),
        "printer": Scope(organization_id=home, printers=frozenset({world.printer.id})),
        "printers": Scope(organization_id=home, printers=frozenset({world.printer.id, "another"})),
        "group": Scope(organization_id=home, groups=frozenset({world.printer.group_id})),
        "groups": Scope(organization_id=home, groups=frozenset({world.printer.group_id, "another"})),
        "both": Scope(
            organization_id=home, printers=frozenset({world.printer.id}), groups=frozenset({world.printer.group_id})
        ),
    }[narrowing]


def ask(read, tx, scope, world):
    """What is found; nothing is the same as NotFound."""
    try:
        return read(tx, scope, world)
    except NotFound:
        return set()


@pytest.fixture
async def worlds(store, make):
    """Two printers of this house, and one of another."""
    mine, beside, foreign = World(make, HOME), World(make, HOME), World(make, "elsewhere")
    for world in (mine, beside, foreign):
        await store.write(world.put)
    return mine, beside, foreign


NARROWINGS = ["organization", "printer", "printers", "group", "groups", "both"]


@pytest.mark.parametrize("narrowing", NARROWINGS)
async def test_one_sees_ones_own_and_nothing_of_another_organization(store, worlds, narrowing):
    mine, _, foreign = worlds

    def work(tx):
        for name, read in READS.items():
            own, theirs = ask(read, tx, scope_of(mine, narrowing), mine), ask(read, tx, EVERYTHING, foreign)
            assert own, name
            assert theirs, name
            if name != "materials.version_of":  # a number, alike in both
                assert not own & (ask(read, tx, scope_of(foreign, "organization"), foreign)), name
            assert not ask(read, tx, scope_of(mine, narrowing), foreign) & ask(
                read, tx, scope_of(foreign, narrowing), foreign
            ), name
            if " of " in name or name.endswith(("get", "record", "latest", "user", "version_of", "waiting", "removed")):
                assert ask(read, tx, scope_of(mine, narrowing), foreign) == set(), name

    await store.read(work)


@pytest.mark.parametrize("narrowing", NARROWINGS[1:])
async def test_a_narrow_scope_sees_its_printer_alone(store, worlds, narrowing):
    mine, beside, _ = worlds

    def work(tx):
        for name, read in OF_PRINTER.items():
            own = ask(read, tx, scope_of(mine, narrowing), mine)
            assert own, name
            assert not own & ask(read, tx, scope_of(beside, narrowing), beside), name
            if " of " in name or name.endswith(("get", "record", "latest", "waiting")):
                assert ask(read, tx, scope_of(mine, narrowing), beside) == set(), name
        assert mine.numbers[1] not in facts(tx, scope_of(mine, narrowing))

    await store.read(work)


async def test_facts_of_no_printer_are_for_the_whole_organization(store, worlds):
    mine, beside, foreign = worlds
    seen = await store.read(lambda tx: facts(tx, Scope(organization_id=HOME)))
    assert seen == {*mine.numbers, *beside.numbers}
    assert await store.read(lambda tx: facts(tx, EVERYTHING)) == {*mine.numbers, *beside.numbers, *foreign.numbers}


@pytest.mark.parametrize("empty", [{"printers": frozenset()}, {"groups": frozenset()}])
async def test_an_empty_scope_sees_no_printer(store, worlds, empty):
    mine, _, _ = worlds
    scope = Scope(organization_id=HOME, **empty)
    found = await store.read(lambda tx: {name: ask(read, tx, scope, mine) for name, read in OF_PRINTER.items()})
    assert not any(found.values())


async def test_sets_that_contradict_each_other_see_nothing(store, worlds):
    mine, beside, _ = worlds
    scope = Scope(
        organization_id=HOME, printers=frozenset({mine.printer.id}), groups=frozenset({beside.printer.group_id})
    )
    for world in (mine, beside):
        found = await store.read(
            lambda tx, w=world: {name: ask(read, tx, scope, w) for name, read in OF_PRINTER.items()}
        )
        assert not any(found.values())


async def test_a_foreign_material_is_not_found(store, worlds):
    _, _, foreign = worlds
    with pytest.raises(NotFound):
        await store.read(lambda tx: tx.materials.get(Scope(organization_id=HOME), foreign.material.guid))
    assert await store.read(lambda tx: tx.materials.get(EVERYTHING, foreign.material.guid)) == foreign.material
