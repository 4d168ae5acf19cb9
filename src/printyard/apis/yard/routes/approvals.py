"""Approvals: what waits for a person's answer, applications that ask for access and prints of guests."""

from litestar import get, post
from litestar.params import FromPath, JSONBody

from printyard.apis.yard import schemas
from printyard.apis.yard.decisions import decide, pending
from printyard.apis.yard.desk import AtDesk
from printyard.core.errors import Invalid
from printyard.core.model.user import Role


@get("/yard/v1/approvals", tags=["approvals"])
async def list_approvals(desk: AtDesk) -> list[schemas.Approval]:
    """All that waits for an answer, oldest first."""
    return await pending(desk.core, desk.principal)


@post("/yard/v1/approvals/{id:str}", status_code=204, tags=["approvals"])
async def decide_approval(desk: AtDesk, id: FromPath[str], data: JSONBody[schemas.Decision]) -> None:  # noqa: A002 (the path's name)
    """Answer: `id` is an application's (its digest user name) or a job's. 409 if it was answered, or has expired."""
    try:
        role = Role(data.role)
    except ValueError:
        raise Invalid(f"There is no role {data.role!r}.") from None
    await decide(desk.core, desk.principal, id, allow=data.decision is schemas.DecisionWord.ALLOW, role=role)


HANDLERS = [list_approvals, decide_approval]
