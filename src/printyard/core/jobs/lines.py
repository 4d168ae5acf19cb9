"""The waiting lines: each group's planner, and what it was built from."""

from collections.abc import Iterable

from printyard.core.jobs.disciplines import RULES
from printyard.core.jobs.planner import Assignment, Planner
from printyard.core.model.group import Discipline
from printyard.core.model.job import Job, JobState
from printyard.core.model.needs import Setup
from printyard.core.model.value import Value


class Offer(Value):
    """A free printer, as it was seen last."""

    group_id: str
    setup: Setup


class Given(Value):
    """A job for a printer, both as they were when it was decided."""

    job: Job
    printer_id: str
    setup: Setup


class Lines:
    """All jobs that are queued, and all free printers, by group."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self._offers: dict[str, Offer] = {}
        self._printed: dict[str, float] = {}
        self._disciplines: dict[str, Discipline] = {}
        self._planners: dict[str, Planner] = {}
        self._changed: set[str] = set()

    def learn(self, job: Job) -> None:
        """How a job stands now."""
        self.forget(job.id)
        if job.state is JobState.QUEUED and job.deleted_at is None:
            self.jobs[job.id] = job
            self._planner(job.group_id).put_job(job)

    def forget(self, job_id: str) -> None:
        """A job does not wait, or is no more."""
        known = self.jobs.pop(job_id, None)
        if known is not None:
            self._planner(known.group_id).drop_job(job_id)

    def offer(self, printer_id: str, group_id: str, setup: Setup) -> None:
        """A printer is free."""
        self.withdraw(printer_id)
        self._offers[printer_id] = Offer(group_id=group_id, setup=setup)
        self._planner(group_id).put_printer(printer_id, setup, self._printed.get(printer_id, 0.0))

    def offered(self) -> Iterable[str]:
        """The ids of the free printers."""
        return tuple(self._offers)

    def withdraw(self, printer_id: str) -> None:
        """A printer is not free."""
        known = self._offers.pop(printer_id, None)
        if known is not None:
            self._planner(known.group_id).drop_printer(printer_id)

    def printed(self, printer_id: str, seconds: float) -> None:
        """A printer has printed for so much longer."""
        self._printed[printer_id] = self._printed.get(printer_id, 0.0) + seconds

    def choose(self, group_id: str, discipline: Discipline) -> None:
        """A group's discipline; another one than before orders everything anew."""
        before = self._disciplines.get(group_id, Discipline.FIRST_COME)
        self._disciplines[group_id] = discipline
        if discipline is before or group_id not in self._planners:
            return
        del self._planners[group_id]
        planner = self._planner(group_id)
        for job in self.jobs.values():
            if job.group_id == group_id:
                planner.put_job(job)
        for printer_id, offer in self._offers.items():
            if offer.group_id == group_id:
                planner.put_printer(printer_id, offer.setup, self._printed.get(printer_id, 0.0))

    def decide(self) -> list[Given]:
        """Who prints what, wherever something has changed. What comes to nothing has to be learnt again."""
        changed, self._changed = self._changed, set()
        given: list[Assignment] = []
        for group_id in sorted(changed):
            given += self._planners[group_id].decide()
        return [
            Given(job=self.jobs[one.job_id], printer_id=one.printer_id, setup=self._offers.pop(one.printer_id).setup)
            for one in given
        ]

    def _planner(self, group_id: str) -> Planner:
        """A group's planner, which is about to be changed."""
        self._changed.add(group_id)
        planner = self._planners.get(group_id)
        if planner is None:
            rules = RULES[self._disciplines.get(group_id, Discipline.FIRST_COME)]
            planner = self._planners[group_id] = Planner(rules)
        return planner
