"""What was printed: a wall display asks how many there are, then for the last one."""

from typing import Annotated

from litestar.params import QueryParameter

from printyard.apis.cura_lan import jobs, views
from printyard.apis.cura_lan.caller import Here
from printyard.apis.cura_lan.routes.verbs import read
from printyard.apis.cura_lan.schemas import Count, PrintJob

PAGE = 50

Offset = Annotated[int, QueryParameter(ge=0)]
Limit = Annotated[int, QueryParameter(ge=1, le=500)]


@read("/print_jobs/history")
async def history(caller: Here, offset: Offset = 0, limit: Limit = PAGE) -> list[PrintJob]:
    """Prints that are over, oldest first."""
    things = await jobs.known(caller)
    found = await caller.core.history.prints(caller.principal, limit=limit, offset=offset)
    return [views.print_job(job, None, things) for job in found]


@read("/print_jobs/history/count")
async def history_count(caller: Here) -> Count:
    """How many there are."""
    return Count(await caller.core.history.count_prints(caller.principal))


HANDLERS = [history, history_count]
"""Both; their paths come before those of single jobs."""
