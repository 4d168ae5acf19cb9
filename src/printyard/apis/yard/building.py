"""How the API is put together behind its door."""

import printyard
from printyard.apis.yard import schemas
from printyard.apis.yard.desk import Office, provided
from printyard.apis.yard.page import HANDLERS as PAGE, PUBLIC as PAGE_PUBLIC, refusal
from printyard.apis.yard.push import Push
from printyard.apis.yard.routes import HANDLERS
from printyard.apis.yard.translate import STATUSES
from printyard.apis.yard.views import Views
from printyard.serving.answers import Answer, json_answer
from printyard.serving.app import OpenApi, api_app
from printyard.serving.asgi import AsgiApp
from printyard.serving.envelope import Problem
from printyard.serving.refusals import Refusals
from printyard.serving.spec import Door

DOCUMENT = "/yard/v1/openapi.json"
PUBLIC = frozenset({("GET", DOCUMENT)}) | PAGE_PUBLIC


def build(door: Door) -> AsgiApp:
    """The app of this API."""
    core, prefix = door.core, door.urls.prefix
    views = Views(core, prefix)
    office = Office(door=door, core=core, views=views, push=Push(core, views), prefix=prefix, began=door.clock.now())
    return api_app(
        door,
        [*HANDLERS, *PAGE],
        statuses=STATUSES,
        envelope=lambda problem: envelope(problem, prefix),
        openapi=OpenApi(title="Printyard", version=printyard.__version__, path=DOCUMENT),
        dependencies=provided(office),
        plugins=[Refusals(schemas.Failure, STATUSES.values())],
    )


def envelope(problem: Problem, prefix: str) -> Answer:
    """An error: JSON for programs, a page for people who look for a page."""
    if problem.visit.segments[:2] == ("yard", "v1"):
        failure = schemas.Failure(error=schemas.Problem(code=problem.error.code, message=problem.error.message))
        return json_answer(problem.status, failure)
    return refusal(problem, prefix)
