"""A job follows its print: what the facts about a print mean for the job, the plate and the history."""

from collections.abc import Callable

from msgspec import UNSET
from msgspec.structs import replace

from printyard.core.events import Fact, FactName
from printyard.core.fleet import matching
from printyard.core.fleet.step import Step
from printyard.core.jobs.states import fact_of, fall_back, keeps, step
from printyard.core.model.job import Job, JobState
from printyard.core.model.printer import Printer, PrinterRecord
from printyard.core.model.state import DevicePrint, Outcome, Plate, PrinterState
from printyard.core.model.value import Instant
from printyard.core.ports.driver import Report


class Follower:
    """Collects, for one report, what becomes of the job that the printer holds."""

    def __init__(
        self,
        printer: Printer,
        record: PrinterRecord,
        job: Job | None,
        adopt: Callable[[DevicePrint], Job],
        known: set[str],
    ) -> None:
        self.job = job
        self.jobs: dict[str, Job] = {}
        self.facts: list[Fact] = []
        self.record = record
        self._printer, self._adopt, self._known = printer, adopt, known

    def follow(self, facts: list[Fact], after: PrinterState, report: Report, *, since: Instant) -> None:
        """Follow the facts of one report; prints of its history that began before `since` are old news."""
        history = () if report.history is UNSET else report.history
        for fact in facts:
            self.facts.append(fact)
            if fact.name is FactName.PRINT_ENDED:
                self._ended(fact)
            elif fact.name is FactName.PRINT_STARTED and after.print is not None:
                self._started(after.print)
        self._evidence(history)
        for seen in reversed(history):
            if seen.ended_at is not None and seen.started_at >= since and seen.ref and seen.ref not in self._known:
                self._missed(seen, seen.ended_at)

    def doubt(self, report: Report, at: Instant) -> None:
        """The report was made after the device had been asked to start the job, and does not speak of it."""
        job = self.job
        if job is None or job.state not in matching.HOPING:
            return
        if report.history_complete is True:
            self.job = fall_back(job, "The printer was asked to start it and never did.")
            self._write(self.job, at)
            if not keeps(self.job):
                self.job = None
                self.record = replace(self.record, reserved_by=None)
        elif job.state is JobState.STARTING:
            self.job = step(job, JobState.UNCONFIRMED, reason="Nobody saw whether the printer started it.")
            self._write(self.job, at)

    def result(self, state: PrinterState, before: PrinterRecord, held: Job | None) -> Step:
        """All of it as one step."""
        return Step(
            state=state,
            record=None if self.record is before else self.record,
            jobs=tuple(self.jobs.values()),
            holds=UNSET if self.job is held else self.job,
            facts=tuple(self.facts),
        )

    def _write(self, job: Job, at: Instant) -> None:
        self.jobs[job.id] = job
        self.facts.append(fact_of(job, at))

    def _started(self, seen: DevicePrint) -> None:
        if seen.ref in self._known:
            return
        if self.job is not None and matching.is_print_of(self.job, seen):
            self.job = matching.started(self.job, seen)
        else:
            if self.job is not None:
                self._displace(self.job, seen.started_at)
            self.job = self._adopt(seen)
        self._known.add(seen.ref)
        self._write(self.job, seen.started_at)

    def _displace(self, job: Job, at: Instant) -> None:
        """Another print began on the printer that was to take this job; the queue, or a person, has it now."""
        if self.record.reserved_by == job.id:
            self.record = replace(self.record, reserved_by=None)
        if job.state in matching.HOPING:
            if job.state is JobState.STARTING:
                self._write(step(job, JobState.UNCONFIRMED, reason="Another print began on the printer."), at)
        elif job.state in {JobState.ASSIGNED, JobState.TRANSFERRING}:
            self._write(step(job, JobState.QUEUED, reason="Another print began on the printer.", assigned_at=None), at)

    def _ended(self, fact: Fact) -> None:
        job = self.job
        if job is not None and job.state is JobState.STARTED and job.device_ref == fact.body["ref"]:
            seen = DevicePrint(
                ref=job.device_ref,
                name=job.name,
                started_at=job.started_at or fact.at,
                elapsed_seconds=fact.body["elapsed_seconds"],
                filament_mm=tuple(fact.body["filament_mm"]),
                reason=fact.body["reason"],
            )
            self.job = matching.ended(job, seen, Outcome(fact.body["outcome"]), fact.at)
            self._write(self.job, fact.at)
        self.occupy(fact.at)

    def _missed(self, seen: DevicePrint, at: Instant) -> None:
        """A print that began and ended while nobody looked."""
        self._known.add(seen.ref)
        job = self._adopt(seen)
        self._write(job, seen.started_at)
        self._write(matching.ended(job, seen, seen.outcome or Outcome.UNKNOWN, at), at)
        if at > self.record.plate_changed_at:
            self.occupy(at)

    def _evidence(self, history: tuple[DevicePrint, ...]) -> None:
        """The job was told to start and nobody saw it, but the device remembers that it did."""
        job = self.job
        if job is None or job.state not in matching.HOPING:
            return
        for seen in history:
            if seen.ended_at is not None and seen.ref not in self._known and matching.is_print_of(job, seen):
                self._known.add(seen.ref)
                self._write(matching.started(job, seen), seen.started_at)
                self.job = matching.ended(job, seen, seen.outcome or Outcome.UNKNOWN, seen.ended_at)
                self._write(self.job, seen.ended_at)
                self.occupy(seen.ended_at)
                return

    def occupy(self, at: Instant) -> None:
        """A print has ended: something lies on the plate, and its reservation is over."""
        self.facts.append(plate_fact(self._printer, Plate.OCCUPIED, at))
        waits = self.job is not None and not self.job.ended and self.record.reserved_by == self.job.id
        reserved_by = self.record.reserved_by if waits else None
        self.record = replace(self.record, plate=Plate.OCCUPIED, plate_changed_at=at, reserved_by=reserved_by)


def plate_fact(printer: Printer, plate: Plate, at: Instant, actor: str = "") -> Fact:
    """The fact that the plate is now as it is."""
    return Fact(
        name=FactName.PLATE_CHANGED,
        at=at,
        organization_id=printer.organization_id,
        subject_kind="printer",
        subject_id=printer.id,
        printer_id=printer.id,
        actor=actor,
        body={"plate": plate.value},
    )
