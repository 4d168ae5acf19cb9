"""Lists of jobs of all groups: filtered, searched and counted, alike in both databases."""

import random

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from printyard.core.model.job import JobOutcome, JobState
from printyard.core.model.remark import JobFilter
from printyard.core.model.user import EVERYTHING, HOME, Scope
from printyard.infra.db.repositories import job_search
from printyard.infra.db.repositories.job_search import FEW, SHORT_SEARCH

MANY = FEW + 4


async def put(store, *values):
    return await store.write(lambda tx: [tx.jobs.put(value) for value in values])


async def names(store, scope=EVERYTHING, limit=100, offset=0, **wanted):
    found, _ = await store.read(lambda tx: tx.clusters.jobs(scope, JobFilter(**wanted), limit=limit, offset=offset))
    return [job.name for job in found]


async def total(store, count, **wanted):
    return (
        await store.read(lambda tx: tx.clusters.jobs(EVERYTHING, JobFilter(**wanted), limit=1, offset=0, count=count))
    )[1]


@pytest.fixture
async def printers(store, make):
    """More printers than are asked one by one, each a group of its own."""
    wanted = [make.printer(name=f"Printer {number:02}") for number in range(MANY)]
    return await store.write(lambda tx: [tx.printers.put(one) for one in wanted])


@pytest.mark.parametrize("few", [0, 3, MANY])
async def test_pages_far_back_go_on_from_those_before(store, make, printers, monkeypatch, few):
    """However a page is put together: from each group's jobs, or counted off among all."""
    made = await put(store, *(make.job(printers[number % 5], name=f"part {number:02}") for number in range(30)))
    await put(store, make.job(printers[9], name="another's"))
    newest_first = [job.name for job in sorted(made, key=lambda job: (job.created_at, job.id), reverse=True)]
    groups = frozenset(one.group_id for one in printers[:5])
    monkeypatch.setattr(job_search, "FEW", few)
    monkeypatch.setattr(job_search, "DEEP", 12)
    for offset in (0, 4, 8, 12, 16, 24, 28, 32, 1_000_000_000):
        assert await names(store, groups=groups, limit=4, offset=offset) == newest_first[offset : offset + 4]
    monkeypatch.setattr(job_search, "SEARCHED", 20)
    assert await names(store, search="part", limit=4, offset=16) == newest_first[16:20]
    assert await names(store, search="part", limit=4, offset=1_000_000_000) == []
    assert await names(store, groups=frozenset()) == []


async def test_jobs_are_found_by_what_they_their_printer_and_their_author_are_called(store, make, printers):
    ann = make.user(name="Ann Droid")
    key = make.token(name="Night shift")
    await store.write(lambda tx: (tx.people.put_user(ann, ""), tx.people.put_token(key, b"digest")))
    luke = printers[3]
    await put(
        store,
        make.job(luke, name="Vase_100%.gcode", claimed_user="bob"),
        make.job(printers[4], name='gear "two"', created_by=ann.id),
        make.job(printers[5], name="Ünïcode ☃ gear", created_by=f"token:{key.id}"),
        make.job(printers[6], name="cover"),
    )
    for search, found in (
        ("vase", ["Vase_100%.gcode"]), ("VASE", ["Vase_100%.gcode"]), ("_100%", ["Vase_100%.gcode"]),
        ("bob", ["Vase_100%.gcode"]),
        ("gear", ["Ünïcode ☃ gear", 'gear "two"']), ('"two"', ['gear "two"']), ("☃ g", ["Ünïcode ☃ gear"]),
        ("printer 03", ["Vase_100%.gcode"]), ("droid", ['gear "two"']), ("night", ["Ünïcode ☃ gear"]),
        ("printer", ["cover", "Ünïcode ☃ gear", 'gear "two"', "Vase_100%.gcode"]), ("none", []), ("a'b", []),
        ("ve", ["cover"]), ("%", ["Vase_100%.gcode"]), ("_", ["Vase_100%.gcode"]), ("*", []), ("ge OR co", []),
    ):  # fmt: skip
        assert await names(store, search=search) == found, search
    assert await names(store, search="gear", groups=frozenset({printers[4].group_id})) == ['gear "two"']
    assert await names(store, search="gear", groups=frozenset(one.group_id for one in printers)) == [
        "Ünïcode ☃ gear", 'gear "two"',
    ]  # fmt: skip


async def test_what_is_found_is_the_newest_first_once_and_in_pages(store, make, printers):
    made = [make.job(printers[0], name=f"printer part {number}", created_at=number) for number in range(30)]
    random.Random(3).shuffle(made)
    made.sort(key=lambda job: job.created_at)
    await put(store, *made)
    expected = [f"printer part {number}" for number in reversed(range(30))]
    for search in ("printer", "part", "pa"):
        pages = [await names(store, search=search, limit=7, offset=offset) for offset in range(0, 35, 7)]
        assert [name for page in pages for name in page] == expected
        assert await total(store, 1000, search=search) == 30
        assert await total(store, 5, search=search) == 5


async def test_lists_of_few_and_of_many_groups_are_the_same(store, make, printers):
    chance = random.Random(5)
    made = [make.job(chance.choice(printers), name=str(number), created_at=number) for number in range(60)]
    await put(store, *made)
    for count in (1, 3, FEW, MANY):
        groups = frozenset(one.group_id for one in printers[:count])
        expected = [job.name for job in reversed(made) if job.group_id in groups]
        assert await names(store, groups=groups) == expected
        assert await names(store, groups=groups, limit=5, offset=2) == expected[2:7]
        assert await total(store, 1000, groups=groups) == len(expected)
        assert await total(store, 4, groups=groups) == min(4, len(expected))


async def test_the_living_and_the_removed(store, make, printers):
    at = printers[0]
    over = {"state": JobState.ENDED, "outcome": JobOutcome.COMPLETED}
    jobs = [
        make.job(at, name="queued"), make.job(at, name="over", **over), make.job(at, name="gone", deleted_at=9, **over),
        make.job(at, name="withdrawn", state=JobState.ENDED, outcome=JobOutcome.WITHDRAWN),
    ]  # fmt: skip
    await put(store, *jobs)
    ended = frozenset({JobState.ENDED})
    assert await names(store) == ["over", "queued"]
    assert await names(store, states=ended) == ["over"]
    assert await names(store, states=ended, also=frozenset({jobs[0].id})) == ["over", "queued"]
    assert await names(store, but=frozenset({jobs[1].id})) == ["queued"]
    assert await names(store, living=False, removed=True) == ["withdrawn", "gone"]
    assert await names(store, removed=True) == ["withdrawn", "gone", "over", "queued"]
    assert await names(store, living=False) == []


async def test_a_foreign_organization_finds_nothing(store, make, printers):
    await put(store, make.job(printers[0], name="secret"))
    for search in ("secret", "printer", "se", ""):
        assert await names(store, Scope(organization_id="elsewhere"), search=search) == []
    assert await names(store, Scope(organization_id=HOME), search="secret") == ["secret"]


async def test_less_than_a_trigram_is_looked_for_among_the_newest_alone(store, make, printers):
    old = make.job(printers[0], name="xy", created_at=1)
    await put(store, old)
    assert await names(store, search="xy") == ["xy"]
    assert SHORT_SEARCH >= 1000


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(min_size=3, max_size=12).filter(
        lambda text: text.strip() == text and "\x00" not in text and text.isprintable()
    )
)
async def test_any_text_finds_the_job_that_bears_it(store, make, printers, text):
    await put(store, make.job(printers[0], name=f"<{text}>"))
    assert f"<{text}>" in await names(store, search=text)
