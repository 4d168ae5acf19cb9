"""What waits for a person, in one list, and the answer to it."""

from uuid import UUID

from printyard.apis.yard import schemas
from printyard.apis.yard.translate import approval_of_grant, approval_of_job
from printyard.core.facade import Core
from printyard.core.model.user import Principal, Role

PUBLIC_ID_LENGTH = 32


def slugs_of(core: Core, principal: Principal) -> dict[str, str]:
    """The slugs of the printers that somebody may see, by id."""
    return {shown.printer.id: shown.printer.slug for shown in core.printers.all(principal)}


async def pending(core: Core, principal: Principal) -> list[schemas.Approval]:
    """Everything that waits, oldest first. Raises Forbidden."""
    slugs = slugs_of(core, principal)
    grants = [approval_of_grant(grant, slugs) for grant in await core.access.pending(principal)]
    jobs = [approval_of_job(job, slugs) for job in await core.jobs.pending(principal)]
    return sorted([*grants, *jobs], key=lambda approval: approval.created_at)


async def decide(core: Core, principal: Principal, approval_id: str, *, allow: bool, role: Role) -> None:
    """Answer one. Raises NotFound, Conflict, Forbidden."""
    if is_job_id(approval_id):
        await core.jobs.approve(principal, approval_id, allow=allow)
    else:
        await core.access.decide(principal, approval_id, allow=allow, role=role)


def is_job_id(text: str) -> bool:
    """Whether it is an id of the core (a UUID with its hyphens); an application's has none."""
    try:
        return len(text) > PUBLIC_ID_LENGTH and str(UUID(text)) == text
    except ValueError:
        return False
