"""Actions on prints: their fate is asked for like that of the actions on printers."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import msgspec
from litestar import Request, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from printyard.apis.digital_factory.bodies import body_of
from printyard.apis.digital_factory.connect.caller import Caller, Here
from printyard.apis.digital_factory.connect.routes import either
from printyard.apis.digital_factory.connect.routes.jobs import job_of
from printyard.apis.digital_factory.envelope import BadField
from printyard.apis.digital_factory.schemas.clusters import ActionStatusResponse
from printyard.apis.digital_factory.schemas.jobs import PrintJobActionBodyRequest as Asked
from printyard.apis.digital_factory.schemas.pages import Data
from printyard.core.access.rules import require
from printyard.core.actions import Errand
from printyard.core.jobs.submitting import COPIES
from printyard.core.model.user import Right

MODEL = "PrintJobActionBodyRequest"
QUEUE = "queued"
"""The one list into which a print can be moved."""

Doing = Callable[[Caller, str, Asked], Coroutine[Any, Any, Any]]


async def pause(caller: Caller, job_id: str, _: Asked) -> None:
    """Pause it."""
    await caller.core.steering.pause(caller.principal, job_id)


async def resume(caller: Caller, job_id: str, _: Asked) -> None:
    """Go on with it, or let one that is held go."""
    await caller.core.steering.resume(caller.principal, job_id)


async def abort(caller: Caller, job_id: str, asked: Asked) -> None:
    """End it, and so many less one of its batch."""
    await caller.core.steering.abort(caller.principal, job_id, asked.quantity or 1)


async def remove(caller: Caller, job_id: str, _: Asked) -> None:
    """Take it out of the queue, or out of the lists."""
    await caller.core.steering.remove(caller.principal, job_id)


async def move(caller: Caller, job_id: str, asked: Asked) -> None:
    """Put it at a place in the queue; the top if none is named."""
    await caller.core.ordering.move(caller.principal, job_id, asked.to_position or 0)


async def duplicate(caller: Caller, job_id: str, asked: Asked) -> None:
    """Put copies of it into the queue."""
    await caller.core.submissions.duplicate(caller.principal, job_id, asked.quantity or 1)


async def force(caller: Caller, job_id: str, _: Asked) -> None:
    """Print it in spite of what would have to be changed: who asks for that here has seen it."""
    await caller.core.ordering.force(caller.principal, job_id, confirmed=True)


async def decide(caller: Caller, job_id: str, asked: Asked, *, allow: bool) -> None:
    """Approve or reject it, and say why."""
    await caller.core.jobs.approve(caller.principal, job_id, allow=allow)
    if asked.message:
        await caller.core.remarks.message(caller.principal, job_id, asked.message)


class Action(msgspec.Struct, frozen=True):
    """An action: what it does, and the rights that it takes on one's own print and on another's."""

    doing: Doing
    own: Right
    others: Right


ACTIONS = {
    "pause": Action(pause, Right.CONTROL, Right.CONTROL),
    "resume": Action(resume, Right.CONTROL, Right.CONTROL),
    "abort": Action(abort, Right.PRINT, Right.CONTROL),
    "remove": Action(remove, Right.PRINT, Right.MANAGE),
    "move": Action(move, Right.MANAGE, Right.MANAGE),
    "duplicate": Action(duplicate, Right.PRINT, Right.PRINT),
    "force": Action(force, Right.CONTROL, Right.MANAGE),
    "approve": Action(partial(decide, allow=True), Right.MANAGE, Right.MANAGE),
    "reject": Action(partial(decide, allow=False), Right.MANAGE, Right.MANAGE),
}
"""What is refused at once for want of a right; the core asks again, of what the action then comes upon."""


@post(
    either("/{cluster_id:str}/print_jobs/{cluster_job_id:str}/action/{action:str}"),
    tags=["actions"],
    maybe_body=Asked,
    words={"action": list(ACTIONS)},
)
async def act_on_print_job(
    caller: Here,
    cluster_id: FromPath[str],
    cluster_job_id: FromPath[str],
    action: FromPath[str],
    request: Request[Any, Any, Any],
) -> Data[ActionStatusResponse]:
    """Begin an action on a print of a cluster; its fate is asked for later."""
    cluster = await caller.cluster(cluster_id)
    job = await job_of(caller, cluster, cluster_job_id)
    known = ACTIONS.get(action)
    if known is None:
        raise BadField(MODEL, "action", f"The actions are {', '.join(ACTIONS)}.")
    asked = await body_of(request, Asked, optional=True)
    check(asked)
    require(caller.principal, known.own if job.created_by == caller.principal.id else known.others)
    at = next((one for one in cluster.printers if one.printer.id == job.printer_id), cluster.host)
    action_id = await caller.core.actions.begin(
        caller.principal,
        at.printer.id,
        Errand(what=action, subject=job.id),
        lambda: known.doing(caller, job.id, asked),
    )
    return Data(data=ActionStatusResponse(action_id=action_id, status="pending"))


def check(asked: Asked) -> None:
    """Raises BadField for a list that nothing can be moved into, and for a number of copies that makes no sense."""
    if asked.list not in {None, "", QUEUE}:
        raise BadField(MODEL, "list", f"A print can be moved within {QUEUE!r} alone.")
    if asked.quantity is not None and not 1 <= asked.quantity <= COPIES:
        raise BadField(MODEL, "quantity", f"The quantity lies between 1 and {COPIES}.")


HANDLERS: list[ControllerRouterHandler] = [act_on_print_job]
