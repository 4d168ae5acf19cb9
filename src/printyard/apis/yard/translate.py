"""The native API's words and errors: core values to what is on the wire."""

from msgspec.structs import replace

from printyard.apis.yard import schemas
from printyard.apis.yard.measured import progress_of, state_again, state_of
from printyard.apis.yard.schemas import instant
from printyard.core import errors
from printyard.core.events import FactName, RecordedFact
from printyard.core.fleet.board import Snapshot
from printyard.core.model.job import Job
from printyard.core.model.user import Grant, Right
from printyard.core.tables import total
from printyard.serving.envelope import Statuses

STATUSES: Statuses = {
    errors.CoreError: 500,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Busy: 409,
    errors.Unsupported: 409,
    errors.Refused: 409,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.Invalid: 400,
    errors.TooLarge: 413,
    errors.Incomplete: 400,
    errors.Offline: 503,
    errors.TimedOut: 504,
    errors.Throttled: 429,
    errors.StorageFull: 507,
}

PEOPLE_FACTS = frozenset({
    FactName.USER_ADDED, FactName.USER_CHANGED, FactName.USER_REMOVED, FactName.TOKEN_ADDED, FactName.TOKEN_REVOKED,
    FactName.CLIENT_ADDED, FactName.CLIENT_REMOVED, FactName.CONSENT_GIVEN, FactName.CONSENT_WITHDRAWN,
    FactName.ORGANIZATION_ADDED, FactName.ORGANIZATION_CHANGED, FactName.ORGANIZATION_REMOVED,
})  # fmt: skip
DECIDED_FACTS = frozenset({
    FactName.ACCESS_REQUESTED, FactName.ACCESS_DECIDED, FactName.ACCESS_REVOKED, FactName.SETTING_CHANGED,
})  # fmt: skip

SEEN_WITH = total(FactName, {
    name: Right.ADMINISTER if name in PEOPLE_FACTS else Right.MANAGE if name in DECIDED_FACTS else Right.READ
    for name in FactName
})  # fmt: skip
"""The right with which somebody sees a fact: who has accounts and who asks for access is not everybody's business."""


def printer_of(shown: Snapshot, model: str, prefix: str, *, camera: bool, sandbox: bool) -> schemas.Printer:
    """A printer; `prefix` is the path under which the world has this server."""
    printer, record = shown.printer, shown.record
    own, api = f"{prefix}/printers/{printer.slug}", f"{prefix}/yard/v1/printers/{printer.slug}"
    return schemas.Printer(
        id=printer.id,
        slug=printer.slug,
        name=printer.name,
        driver=printer.driver,
        model=model,
        enabled=record.enabled,
        in_maintenance=record.in_maintenance,
        note=record.note,
        state=state_of(shown),
        job=None if shown.job is None else job_of(shown.job, {printer.id: printer.slug}),
        progress=progress_of(shown.state),
        storage_degraded=shown.storage_degraded,
        urls=schemas.Urls(
            self=api,
            page=own,
            snapshot=f"{own}/webcam/?action=snapshot" if camera else None,
            stream=f"{own}/webcam/?action=stream" if camera else None,
            sandbox=f"{api}/sandbox" if sandbox else None,
        ),
        seq=shown.seq,
    )


def seen_again(before: schemas.Printer, was: Snapshot, shown: Snapshot) -> schemas.Printer:
    """The same printer with the same job, as it is now; `before` shows it as it `was`."""
    record = shown.record
    return replace(
        before,
        enabled=record.enabled,
        in_maintenance=record.in_maintenance,
        note=record.note,
        state=state_again(before.state, was, shown),
        progress=progress_of(shown.state),
        storage_degraded=shown.storage_degraded,
        seq=shown.seq,
    )


def job_of(job: Job, slugs: dict[str, str]) -> schemas.Job:
    """A job; `slugs` of the printers that the caller may see, by id."""
    return schemas.Job(
        id=job.id,
        name=job.name,
        state=job.state.value,
        outcome=None if job.outcome is None else job.outcome.value,
        reason=job.reason,
        source=job.source.value,
        group=job.group_id,
        printer=None if job.printer_id is None else slugs.get(job.printer_id),
        file_id=job.file_id,
        priority=job.priority,
        deadline=None if job.deadline is None else instant(job.deadline),
        forced_by=job.forced_by,
        user=job.claimed_user,
        application=job.application,
        created_by=job.created_by,
        created_at=instant(job.created_at),
        started_at=None if job.started_at is None else instant(job.started_at),
        ended_at=None if job.ended_at is None else instant(job.ended_at),
        cleared_at=None if job.cleared_at is None else instant(job.cleared_at),
        seconds_estimated=job.seconds_estimated,
        seconds_elapsed=job.seconds_elapsed,
        filament_mm=job.filament_mm,
        material_guids=job.material_guids,
        reprint_of=job.reprint_of,
        batch_id=job.batch_id,
    )


def event_of(recorded: RecordedFact, slug: str | None) -> schemas.Event:
    """A fact."""
    fact = recorded.fact
    return schemas.Event(
        number=recorded.number,
        name=fact.name.value,
        at=instant(fact.at),
        recorded_at=instant(recorded.recorded_at),
        printer=slug,
        printer_id=fact.printer_id,
        subject_kind=fact.subject_kind,
        subject_id=fact.subject_id,
        actor=fact.actor,
        cause=fact.cause,
        schema_version=fact.schema_version,
        body=fact.body,
    )


def approval_of_grant(grant: Grant, slugs: dict[str, str]) -> schemas.Approval:
    """An application's request for access."""
    return schemas.Approval(
        id=grant.public_id,
        kind=schemas.ApprovalKind.ACCESS,
        printer=slugs.get(grant.printer_id),
        name=grant.application,
        user=grant.user,
        host_name=grant.host_name,
        created_at=instant(grant.created_at),
        expires_at=instant(grant.expires_at),
    )


def approval_of_job(job: Job, slugs: dict[str, str]) -> schemas.Approval:
    """A guest's print."""
    return schemas.Approval(
        id=job.id,
        kind=schemas.ApprovalKind.JOB,
        printer=None if job.printer_id is None else slugs.get(job.printer_id),
        name=job.name,
        user=job.claimed_user or job.created_by,
        host_name="",
        created_at=instant(job.created_at),
        expires_at=None,
    )
