"""A cluster's status: rendered once per change, then bytes, with an ETag."""

from litestar import Response, get
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from printyard.apis.digital_factory.connect.caller import Caller, Here
from printyard.apis.digital_factory.connect.routes import either
from printyard.apis.digital_factory.ids import Kind
from printyard.apis.digital_factory.schemas.clusters import ClusterStatusResponse
from printyard.apis.digital_factory.schemas.pages import Data
from printyard.serving.reply import Reply


@get(either("/{cluster_id:str}/status"), tags=["clusters"])
async def get_status(caller: Here, cluster_id: FromPath[str]) -> Response[Data[ClusterStatusResponse]]:
    """All printers of a cluster, what they print, what waits, and what was completed last."""
    return await answered(caller, cluster_id)


async def answered(caller: Caller, cluster_id: str) -> Reply:
    """The same as bytes, if nothing has changed. Raises NotFound."""
    known = caller.ids.known_core(Kind.CLUSTER, cluster_id)
    told = None if known is None else caller.statuses.unchanged(caller.principal, known)
    if told is None:
        cluster = await caller.cluster(cluster_id)
        known, (told,) = cluster.id, await caller.statuses.of(caller.principal, [cluster])
    status = told.status
    return caller.office.cache.reply((known, caller.principal.scope), told.number, lambda: Data(data=status))


HANDLERS: list[ControllerRouterHandler] = [get_status]
