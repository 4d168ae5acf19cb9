"""The library: projects, what lies in them, and what people say about them."""

from typing import Any

from litestar import Request, delete, get, put, route
from litestar.params import FromPath

from printyard.apis.digital_factory.bodies import body_of
from printyard.apis.digital_factory.cura import schemas
from printyard.apis.digital_factory.cura.announcing import PROJECT, project_core
from printyard.apis.digital_factory.cura.rendering import comments_of, file_of, projects_of, shown
from printyard.apis.digital_factory.desk import AtDesk
from printyard.apis.digital_factory.envelope import told_as
from printyard.apis.digital_factory.paging import Query, page_of, window
from printyard.apis.digital_factory.schemas.pages import Data, Page

ROOT = "/cura/v1"
PROJECTS = f"{ROOT}/projects"
ONE = PROJECTS + "/{project_id:str}"
LARGEST = 1000
"""A page is no longer, and so long unless it is asked for otherwise: Cura's list of files turns no pages."""
SEARCHED = 100
"""So much of what is searched for counts."""


@get(f"{ROOT}/feature_budgets")
async def feature_budgets() -> Data[schemas.Budgets]:
    """What a subscription allows: all of it, without end."""
    return Data(data=schemas.Budgets())


@get(PROJECTS)
async def list_projects(desk: AtDesk, request: Request[Any, Any, Any]) -> Page[schemas.Project]:
    """Projects, newest first, a page at a time; with shared=false the caller's own private ones."""
    query = Query(request)
    at = window(query, LARGEST, LARGEST)
    found, total = await desk.core.library.page(
        desk.principal, shared=query.truth("shared"), search=query.text("search")[:SEARCHED], limit=at.limit,
        offset=at.offset,
    )  # fmt: skip
    return page_of(desk, query, at, await projects_of(desk, found), total)


@put(PROJECTS, status_code=200)
async def add_project(desk: AtDesk, request: Request[Any, Any, Any]) -> Data[schemas.Project]:
    """A new project."""
    body = await body_of(request, schemas.ProjectWanted)
    project = await desk.core.library.add(
        desk.principal, body.display_name, body.description, shared=body.organization_shared
    )
    return Data(data=(await projects_of(desk, [project]))[0])


@get(ONE)
async def get_project(desk: AtDesk, project_id: FromPath[str]) -> Data[schemas.Project]:
    """One project."""
    with told_as(PROJECT):
        project = await desk.core.library.get(desk.principal, await project_core(desk, project_id))
    return Data(data=(await projects_of(desk, [project]))[0])


@route(ONE, http_method=["PATCH", "PUT"], status_code=200)
async def change_project(
    desk: AtDesk, project_id: FromPath[str], request: Request[Any, Any, Any]
) -> Data[schemas.Project]:
    """Change what the body names; some clients change with PUT."""
    body = await body_of(request, schemas.ProjectChange)
    with told_as(PROJECT):
        project = await desk.core.library.change(
            desk.principal, await project_core(desk, project_id), name=body.display_name,
            description=body.description, shared=body.organization_shared,
        )  # fmt: skip
    return Data(data=(await projects_of(desk, [project]))[0])


@delete(ONE)
async def remove_project(desk: AtDesk, project_id: FromPath[str]) -> None:
    """Remove a project; its files stay in the library."""
    with told_as(PROJECT):
        await desk.core.library.remove(desk.principal, await project_core(desk, project_id))


@get(ONE + "/files")
async def list_files(
    desk: AtDesk, project_id: FromPath[str], request: Request[Any, Any, Any]
) -> Page[schemas.File]:  # fmt: skip
    """A project's files, newest first, also those that are on their way."""
    query = Query(request)
    at = window(query, LARGEST, LARGEST)
    with told_as(PROJECT):
        found, total = await desk.core.library.files(
            desk.principal, await project_core(desk, project_id), limit=at.limit, offset=at.offset
        )
    return page_of(desk, query, at, [file_of(one) for one in await shown(desk, found)], total)


@get(ONE + "/comments")
async def list_comments(desk: AtDesk, project_id: FromPath[str]) -> Data[list[schemas.Comment]]:
    """What was said about a project, in its order."""
    with told_as(PROJECT):
        said = await desk.core.library.comments(desk.principal, await project_core(desk, project_id))
    return Data(data=await comments_of(desk, project_id, said))


@route(ONE + "/comments", http_method=["PUT", "POST"], status_code=200)
async def add_comment(
    desk: AtDesk, project_id: FromPath[str], request: Request[Any, Any, Any]
) -> Data[schemas.Comment]:
    """Say something about a project."""
    body = await body_of(request, schemas.CommentWanted)
    with told_as(PROJECT):
        comment = await desk.core.library.comment(desk.principal, await project_core(desk, project_id), body.body)
    return Data(data=(await comments_of(desk, project_id, [comment]))[0])


HANDLERS = [
    feature_budgets, list_projects, add_project, get_project, change_project, remove_project, list_files,
    list_comments, add_comment,
]  # fmt: skip
