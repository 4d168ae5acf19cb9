"""Maintenance: when a printer needs care, from its age, its use and the log."""

import pytest
from msgspec.structs import replace

from printyard.core.errors import Forbidden, Invalid, NotFound
from printyard.core.events import FactName
from printyard.core.maintenance import Maintenance
from printyard.core.model.care import DAY_SECONDS
from printyard.core.model.user import Scope
from printyard.core.model.value import after
from printyard.testing.house import house
from printyard.testing.people import ADMIN, GUEST, MEMBER

STRANGER = replace(ADMIN, id="stranger", scope=Scope(organization_id="elsewhere"))


@pytest.fixture
async def home(tmp_path):
    async with house(tmp_path) as running:
        yield running


class Later:
    """The yard's clock, some days on."""

    def __init__(self, clock, days):
        self._clock, self._days = clock, days

    def now(self):
        return after(self._clock.now(), self._days * DAY_SECONDS)


def later(home, days):
    return Maintenance(home.store, Later(home.clock, days), home.ids, home.core.printers)


async def due_codes(care, printer_id):
    tasks = await care.tasks(MEMBER, printer_id)
    return {task.rule.code for task in tasks if task.is_due}


async def test_a_new_printer_needs_nothing_yet_and_an_old_one_its_care(home):
    printer_id = await home.add_printer("Luke")
    assert await due_codes(home.core.maintenance, printer_id) == set()
    assert await home.core.maintenance.due(MEMBER, [home.shown(printer_id)]) == frozenset()
    care = later(home, 91)
    assert {"clean_printer", "lubricate_axles", "check_belt_tension"} <= await due_codes(care, printer_id)
    assert "clean_feeders" not in await due_codes(care, printer_id)
    assert await care.due(MEMBER, [home.shown(printer_id)]) == {printer_id}


async def test_what_was_done_is_in_the_log_and_not_due_for_a_while(home):
    printer_id = await home.add_printer("Luke")
    care = later(home, 91)
    await care.done(MEMBER, [printer_id], ["clean_printer"])
    assert "clean_printer" not in await due_codes(care, printer_id)
    (entry,) = await care.log(MEMBER, [printer_id])
    assert entry.codes == ("clean_printer",)
    assert entry.done_by == MEMBER.id
    (fact,) = await home.facts(FactName.MAINTENANCE_DONE)
    assert fact.body["codes"] == ["clean_printer"]
    assert "clean_printer" in await due_codes(later(home, 182), printer_id)


async def test_printers_of_one_request_share_an_entry(home):
    printers = [await home.add_printer(name) for name in ("Luke", "Leia")]
    await home.core.maintenance.done(MEMBER, printers, ["clean_printer", "clean_printer"])
    assert len(await home.core.maintenance.log(MEMBER, printers)) == 1
    assert len(await home.facts(FactName.MAINTENANCE_DONE)) == 2


async def test_use_counts_where_a_rule_is_about_printing(home):
    printer_id = await home.add_printer("Luke")
    tasks = {task.rule.code: task for task in await home.core.maintenance.tasks(MEMBER, printer_id)}
    assert tasks["lubricate_lead_screw"].due_at is None
    job = await home.print(printer_id)
    stored = await home.job(job.id)
    now = home.clock.now()

    def printed(tx):
        return tx.jobs.put(replace(stored, started_at=now, ended_at=now, seconds_elapsed=1001 * 3600.0))

    await home.store.write(printed)
    assert "lubricate_lead_screw" in await due_codes(home.core.maintenance, printer_id)


async def test_unknown_tasks_strangers_and_guests_are_refused(home):
    printer_id = await home.add_printer("Luke")
    with pytest.raises(Invalid):
        await home.core.maintenance.done(MEMBER, [printer_id], ["polish_chrome"])
    with pytest.raises(Forbidden):
        await home.core.maintenance.done(GUEST, [printer_id], ["clean_printer"])
    for ask in (home.core.maintenance.tasks(STRANGER, printer_id), home.core.maintenance.log(STRANGER, [printer_id])):
        with pytest.raises(NotFound):
            await ask
