"""How the API is put together behind its door: one app for the four roots, each with its own folder."""

from printyard.apis.digital_factory import account, connect, cura, reports
from printyard.apis.digital_factory.connect.caller import Callers
from printyard.apis.digital_factory.desk import Office, provided
from printyard.apis.digital_factory.envelope import STATUSES, envelope
from printyard.apis.digital_factory.ids import foreign_ids
from printyard.serving.app import api_app
from printyard.serving.asgi import AsgiApp
from printyard.serving.cache import RenderCache
from printyard.serving.spec import Door

ROOMS = (connect, cura, account, reports)
PUBLIC = frozenset().union(*(room.PUBLIC for room in ROOMS))


def build(door: Door) -> AsgiApp:
    """The app of this API."""
    office = Office(
        door=door,
        core=door.core,
        ids=foreign_ids(door),
        cache=RenderCache(door.spec.name, door.epoch),
        began=door.clock.now(),
    )
    door.core.oauth.clients.bring(account.CLIENTS)
    callers = Callers(office)
    front = api_app(
        door,
        [handler for room in ROOMS for handler in room.HANDLERS],
        statuses=STATUSES,
        envelope=account.worded(envelope(door.ids), door.urls.prefix),
        dependencies=provided(office) | connect.provided(callers),
    )
    front.polled = connect.Polled(callers)
    return front
