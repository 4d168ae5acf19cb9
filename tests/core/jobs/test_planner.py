"""The planner decides as the plain rule does, change by change; nobody starves, and order is kept."""

import itertools

import pytest
from hypothesis import given, settings, strategies as st
from msgspec.structs import replace
from tests.core.jobs.plain import can, decided

from printyard.core.jobs.disciplines import HEAD_START_SECONDS, OVERTAKING_SECONDS, RULES, rank_of
from printyard.core.jobs.planner import Planner
from printyard.core.model.group import Discipline
from printyard.core.model.job import Job, JobSource, JobState
from printyard.core.model.needs import Box, Needs, Setup, ToolNeed
from printyard.core.model.value import MICROSECONDS
from printyard.gcode.check import MachineFacts, ToolFacts

HOUR = 3600 * MICROSECONDS
PRINTERS = tuple(f"p{number}" for number in range(5))
BOXES = (
    None,
    Box(least=(0.0, 0.0, 0.0), most=(50.0, 50.0, 50.0)),
    Box(least=(0.0, 0.0, 0.0), most=(50.0, 50.0, 150.0)),
)

cores, guids = st.sampled_from(["AA", "BB"]), st.sampled_from(["pla", "abs"])
needs = st.builds(
    lambda number, core, guid, mm, machine, box, printer_id: Needs(
        machine=machine, flavor="Griffin",
        tools=(ToolNeed(tool=number, nozzle_name=core, material_guid=guid, filament_mm=mm),),
        box=box,
        printer_id=printer_id,
    ),
    st.integers(0, 1), cores | st.just(""), guids | st.just(""), st.sampled_from([0.0, 100.0, 200.0]),
    st.sampled_from(["", "S5", "S3"]), st.sampled_from(BOXES),
    st.none() | st.none() | st.none() | st.sampled_from(PRINTERS),
)  # fmt: skip
setups = st.builds(
    lambda name, tools, height, left: Setup(
        machine=MachineFacts(
            names=(name,), volume_mm=(100.0, 100.0, height), flavor="Griffin",
            tools=tuple(ToolFacts(core_name=core, material_guid=guid, loaded=guid is not None) for core, guid in tools),
        ),
        left_mm=left,
    ),
    st.sampled_from(["S5", "S3"]), st.tuples(*[st.tuples(cores, guids | st.none())] * 2),
    st.sampled_from([100.0, 200.0]), st.tuples(*[st.sampled_from([None, 150.0, 300.0])] * 2),
)  # fmt: skip
wants = st.fixed_dictionaries({
    "needs": needs,
    "priority": st.integers(-2, 2),
    "seconds_estimated": st.sampled_from([0.0, 600.0, 90_000.0]),
    "deadline": st.none() | st.integers(0, 200).map(lambda hours: hours * HOUR),
    "forced_by": st.sampled_from(["", "", "", "ann"]),
    "printer_id": st.none() | st.sampled_from(PRINTERS),
})  # fmt: skip
deeds = st.lists(
    st.one_of(
        st.tuples(st.just("job"), wants),
        st.tuples(st.just("job"), wants),
        st.tuples(st.just("printer"), st.tuples(st.sampled_from(PRINTERS), setups, st.integers(0, 3))),
        st.tuples(st.just("decide"), st.none()),
        st.tuples(st.just("withdraw"), st.integers(0, 99)),
        st.tuples(st.just("rank"), st.tuples(st.integers(0, 99), st.integers(0, 200))),
        st.tuples(st.just("busy"), st.sampled_from(PRINTERS)),
    ),
    min_size=4,
    max_size=60,
)


def job_of(number, at, wanted):
    return Job(
        id=f"j{number:03}", organization_id="home", group_id="g", name="x", state=JobState.QUEUED, created_by="ann",
        source=JobSource.NETWORK, created_at=at, rank=rank_of(at, wanted["priority"]), **wanted,
    )  # fmt: skip


class Both:
    """A planner that is told of changes, and what it was told."""

    def __init__(self, discipline):
        self.rules = RULES[discipline]
        self.planner = Planner(self.rules)
        self.jobs, self.printers, self.numbers = {}, {}, itertools.count()

    def do(self, what, given):
        number = next(self.numbers)
        waiting = sorted(self.jobs)
        if what == "job":
            self.put(job_of(number, number * HOUR, given))
        elif what == "printer":
            printer_id, setup, worn = given
            self.printers[printer_id] = (setup, worn * 1000.0)
            self.planner.put_printer(printer_id, setup, worn * 1000.0)
        elif what == "busy":
            self.printers.pop(given, None)
            self.planner.drop_printer(given)
        elif what == "withdraw" and waiting:
            gone = waiting[given % len(waiting)]
            del self.jobs[gone]
            self.planner.drop_job(gone)
        elif what == "rank" and waiting:
            self.put(replace(self.jobs[waiting[given[0] % len(waiting)]], rank=given[1] * HOUR))

    def put(self, job):
        self.jobs[job.id] = job
        self.planner.put_job(job)

    def decide(self):
        """What the planner gave; what was waiting before."""
        given = [(one.job_id, one.printer_id) for one in self.planner.decide()]
        for job_id, printer_id in given:
            del self.jobs[job_id], self.printers[printer_id]
        return given


@pytest.mark.parametrize("discipline", Discipline)
@settings(deadline=None, max_examples=150)
@given(deeds=deeds)
def test_it_decides_as_the_plain_rule_does(discipline, deeds):
    both = Both(discipline)
    for what, given_ in [*deeds, ("decide", None)]:
        if what != "decide":
            both.do(what, given_)
            continue
        expected = decided(both.rules, both.jobs.values(), both.printers)
        fresh = Planner(both.rules)
        for printer_id, (setup, seconds) in both.printers.items():
            fresh.put_printer(printer_id, setup, seconds)
        for job in reversed(both.jobs.values()):
            fresh.put_job(job)
        assert [(one.job_id, one.printer_id) for one in fresh.decide()] == expected
        assert both.decide() == expected
        assert not any(
            can(job, setup) and job.needs.printer_id in {None, printer_id}
            for job in both.jobs.values()
            for printer_id, (setup, _) in both.printers.items()
        )


@pytest.mark.parametrize("discipline", Discipline)
@settings(deadline=None, max_examples=150)
@given(deeds=deeds)
def test_nobody_is_passed_by_but_by_those_before_them_and_not_for_long(discipline, deeds):
    """The place of a job is given when it comes: so what is overtaken is overtaken by a bounded number of others."""
    both = Both(discipline)
    for what, given_ in deeds:
        if what == "rank":
            continue
        if what != "decide":
            both.do(what, given_)
        jobs, printers = dict(both.jobs), dict(both.printers)
        given_away = dict(both.decide())
        for chosen, printer_id in given_away.items():
            setup, _ = printers[printer_id]
            passing = jobs[chosen]
            for job in jobs.values():
                if job.id in given_away or job.needs.printer_id not in {None, printer_id} or not can(job, setup):
                    continue
                assert (both.rules.order(passing), passing.id) < (both.rules.order(job), job.id)
                ahead = OVERTAKING_SECONDS + (passing.priority - job.priority) * HEAD_START_SECONDS
                assert passing.created_at - job.created_at <= ahead * MICROSECONDS


@pytest.mark.parametrize("discipline", Discipline)
@settings(deadline=None, max_examples=100)
@given(deeds=deeds)
def test_order_is_kept_within_a_class(discipline, deeds):
    """Of two that need the same and are equally long and urgent, the one that came first begins first."""
    both = Both(discipline)
    for what, given_ in deeds:
        if what == "rank":
            continue
        if what != "decide":
            both.do(what, given_)
        jobs = dict(both.jobs)
        begun = [jobs[job_id] for job_id, _ in both.decide()]
        for place, job in enumerate(begun):
            for other in [*begun[place + 1 :], *both.jobs.values()]:
                same = all(getattr(job, name) == getattr(other, name) for name in ALIKE)
                assert not same or job.created_at <= other.created_at


ALIKE = ("needs", "priority", "seconds_estimated", "deadline", "forced_by")


@pytest.mark.parametrize("discipline", Discipline)
def test_under_a_flood_everybody_gets_a_turn(discipline):
    """One printer, an hour for each print, and each hour two more that the discipline likes better."""
    both = Both(discipline)
    setup = Setup(machine=MachineFacts(names=("S5",), volume_mm=(1.0, 1.0, 1.0), tools=(ToolFacts(),)), left_mm=(None,))
    slow = {"priority": 0, "seconds_estimated": 90_000.0}
    patient = job_of(0, 0, slow)
    both.put(patient)
    both.printers["p0"] = (setup, 0.0)
    for hour in range(1, 1000):
        if hour == 1:
            both.planner.drop_printer("p0")
        for copy in range(2):
            liked = {"priority": 0, "seconds_estimated": 60.0, "deadline": hour * HOUR}
            both.put(replace(job_of(hour * 2 + copy, hour * HOUR, liked)))
        both.printers["p0"] = (setup, 0.0)
        both.planner.put_printer("p0", setup)
        if patient.id in dict(both.decide()):
            return
    pytest.fail("it would wait for ever")


def test_a_new_job_whose_class_lost_the_new_printer_takes_an_old_one():
    """Both are new at once, and somebody else is before it at the printer."""
    both = Both(Discipline.FIRST_COME)
    tools = ((ToolFacts(core_name="AA"),), (ToolFacts(core_name="BB"),))
    old, new = (Setup(machine=MachineFacts(names=("S5",), tools=one), left_mm=(None,)) for one in tools)
    first, second = (
        Needs(tools=(ToolNeed(tool=0, nozzle_name="BB"),)), Needs(tools=(ToolNeed(tool=0, material_guid="any"),)),
    )  # fmt: skip
    both.do("printer", ("p0", old, 0))
    both.put(job_of(0, 0, {"priority": 0, "needs": first}))
    assert both.decide() == []
    both.do("printer", ("p1", new, 0))
    both.put(job_of(1, 1, {"priority": 0, "needs": second}))
    assert both.decide() == [("j000", "p1"), ("j001", "p0")]


def test_what_was_free_once_is_forgotten_in_time():
    """Printers come with ever new spools: what no free printer has any more takes no memory for ever."""
    planner = Planner(RULES[Discipline.FEWEST_CHANGES])
    job = job_of(1, 1, {"priority": 0, "needs": Needs(tools=(ToolNeed(tool=0, material_guid="never"),))})
    planner.put_job(job)
    for number in range(2000):
        tools = (ToolFacts(material_guid=f"guid {number}", loaded=True),)
        planner.put_printer("p", Setup(machine=MachineFacts(names=("S5",), tools=tools), left_mm=(None,)))
        assert planner.decide() == []
    assert len(planner._setups) < 300
    planner.put_printer("q", Setup(machine=MachineFacts(names=("S5",), tools=(ToolFacts(material_guid="never"),))))
    assert [one.printer_id for one in planner.decide()] == ["q"]
