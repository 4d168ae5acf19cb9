"""Starts a job on a printer: analyse, commit the intention, hand it to the device; fall back if it came to nothing."""

import contextlib
import logging
from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from printyard.core.commands import StartPrint
from printyard.core.errors import Conflict, CoreError, Invalid, Offline, TimedOut
from printyard.core.fleet.route import CommandRoute
from printyard.core.fleet.session import PrinterSession
from printyard.core.fleet.step import Step
from printyard.core.jobs.states import end, fact_of, fall_back, keeps, step
from printyard.core.model.file import Analysis, Blob
from printyard.core.model.job import Job, JobOutcome, JobState
from printyard.core.model.value import Instant
from printyard.core.ports.time import Clock, Ids

log = logging.getLogger(__name__)

TRANSFER_SECONDS = 600.0
"""How long a device may take to fetch a file and accept it."""

TOKEN_BYTES = 8


class Starting:
    """The way of jobs onto one printer."""

    def __init__(
        self,
        session: PrinterSession,
        route: CommandRoute,
        analyse: Callable[[Blob], Awaitable[Analysis]],
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._session, self._route, self._analyse = session, route, analyse
        self._clock, self._ids = clock, ids

    async def start(self, job_id: str, blob: Blob, check: Callable[[], None]) -> None:
        """Start the job that was assigned to the printer, with its file's blob.

        `check` raises Conflict where the printer is no longer as it was when it was given the job: a transfer takes
        time, and somebody may change what is mounted or loaded meanwhile. It is asked last when the driver is about to
        be called; what changes while that brings the file to the device is the device's to notice.

        Raises nothing about the device: what goes wrong is the job's state and reason. Asked and not answered, only
        evidence may move the job on; refused, or never asked, it falls back.
        """
        session = self._session
        session.starting = True
        try:
            await self._move(job_id, JobState.TRANSFERRING, check)
            analysis = await self._analyse(blob)
            await session.change(lambda: self._known(job_id, analysis))
            token = self._ids.secret(TOKEN_BYTES).hex()
            job = await self._move(job_id, JobState.STARTING, check, start_token=token)
            command = StartPrint(blob=blob, name=job.name, token=job.start_token, job_id=job.id)
            await self._route.send(command, job.created_by, TRANSFER_SECONDS, check)
        except TimedOut as error:
            reason = error.message
            await self._settle(job_id, lambda job, _: unanswered(job, reason))
        except Invalid as error:
            reason = error.message
            await self._settle(job_id, lambda job, now: end(job, JobOutcome.FAILED, now, reason))
        except CoreError as error:
            reason = error.message
            await self._settle(job_id, lambda job, _: fall_back(job, reason))
        except Exception:
            log.exception("%s: the start of job %s failed", session.printer.slug, job_id)
            await self._settle(job_id, lambda job, _: unanswered(job, "The server failed to start the print."))
        finally:
            session.starting = False
            session.look_free()

    async def _move(self, job_id: str, state: JobState, check: Callable[[], None], **changes: str) -> Job:
        def work() -> Step:
            check()
            job = step(self._held(job_id), state, **changes)
            return Step(jobs=(job,), holds=job, facts=(fact_of(job, self._clock.now()),))

        await self._session.change(work)
        return self._held(job_id)

    def _held(self, job_id: str) -> Job:
        """The job as it stands; it may have been withdrawn, or displaced by a print from the panel."""
        held = self._session.job
        if held is None or held.id != job_id:
            raise Conflict("The job was taken off the printer.")
        return held

    def _known(self, job_id: str, analysis: Analysis) -> Step:
        """Note in the job what its file asks for; no fact, since the analysis has its own place."""
        job = replace(
            self._held(job_id),
            seconds_estimated=analysis.seconds or analysis.slicer_seconds or 0.0,
            material_guids=tuple(use.material_guid for use in analysis.tools),
            nozzle_names=tuple(use.nozzle_name for use in analysis.tools),
            slicer=f"{analysis.slicer} {analysis.slicer_version}".strip(),
            slice_uuid=analysis.slice_uuid,
        )
        return Step(jobs=(job,), holds=job)

    async def _settle(self, job_id: str, outcome: Callable[[Job, Instant], Job]) -> None:
        """Move the job on by what has happened; that is kept even while the database takes nothing."""

        def work() -> Step:
            held = self._session.job
            if held is None or held.id != job_id or held.ended or held.state is JobState.STARTED:
                return Step()
            now = self._clock.now()
            job = outcome(held, now)
            kept = keeps(job)
            record = None if kept else replace(self._session.record, reserved_by=None)
            return Step(jobs=(job,), holds=job if kept else None, record=record, facts=(fact_of(job, now),))

        with contextlib.suppress(Offline):  # the server stops: the next start settles it by evidence
            await self._session.change(work, keep=True)


def unanswered(job: Job, reason: str) -> Job:
    """A job whose start was asked for and not answered; one that had not come so far falls back."""
    if job.state is JobState.STARTING:
        return step(job, JobState.UNCONFIRMED, reason=reason)
    return fall_back(job, reason)
