"""The library's projects: who sees them, who may change them, what people say about them."""

from msgspec.structs import replace

from printyard.core.access.rules import may, require
from printyard.core.errors import Invalid, NotFound
from printyard.core.events import Fact, FactName
from printyard.core.model.project import Comment, Project
from printyard.core.model.upload import Upload
from printyard.core.model.user import HOME, Principal, Right
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock, Ids

NAME_LIMIT = 255
TEXT_LIMIT = 10_000


def seen_project(tx: Transaction, principal: Principal, project_id: str) -> Project:
    """A project that the caller may see: his own, a shared one, any if he manages. Raises NotFound."""
    project = tx.projects.get(principal.scope, project_id)
    if not (project.shared or project.created_by == principal.id or may(principal, Right.MANAGE)):
        raise NotFound("There is no such project.")
    return project


class Library:
    """Projects by id."""

    def __init__(self, store: Store, clock: Clock, ids: Ids) -> None:
        self._store, self._clock, self._ids = store, clock, ids

    async def add(self, principal: Principal, name: str, description: str = "", *, shared: bool = False) -> Project:
        """A new project. Raises Invalid, Forbidden."""
        require(principal, Right.PRINT)
        now = self._clock.now()
        project = Project(
            id=self._ids.new(), organization_id=principal.scope.organization_id or HOME, name=_name(name),
            description=_text(description), shared=shared, created_at=now, changed_at=now, created_by=principal.id,
            created_by_name=principal.name,
        )  # fmt: skip

        def work(tx: Transaction) -> Project:
            tx.events.append([_fact(project, FactName.PROJECT_ADDED, principal)])
            return tx.projects.put(project)

        return await self._store.write(work)

    async def get(self, principal: Principal, project_id: str) -> Project:
        """A project. Raises NotFound."""
        require(principal, Right.READ)
        return await self._store.read(lambda tx: seen_project(tx, principal, project_id))

    async def page(
        self, principal: Principal, *, shared: bool | None = None, search: str = "", limit: int = 50,
        offset: int = 0,
    ) -> tuple[list[Project], int]:  # fmt: skip
        """Projects, newest first, and how many there are; with shared=False the caller's own private ones alone."""
        require(principal, Right.READ)
        viewer = None if may(principal, Right.MANAGE) and shared is not False else principal.id

        def work(tx: Transaction) -> tuple[list[Project], int]:
            scope, of_all = principal.scope, tx.projects
            found = of_all.page(scope, viewer, shared=shared, search=search, limit=limit, offset=offset)
            return found, of_all.count(scope, viewer, shared=shared, search=search)

        return await self._store.read(work)

    async def change(
        self, principal: Principal, project_id: str, *, name: str | None = None, description: str | None = None,
        shared: bool | None = None,
    ) -> Project:  # fmt: skip
        """Change what is given. Raises NotFound, Forbidden (somebody else's), Invalid, Conflict."""
        require(principal, Right.PRINT)

        def work(tx: Transaction) -> Project:
            project = _own(tx, principal, project_id)
            changed = replace(
                project,
                name=project.name if name is None else _name(name),
                description=project.description if description is None else _text(description),
                shared=project.shared if shared is None else shared,
                changed_at=tx.now,
            )
            tx.events.append([_fact(changed, FactName.PROJECT_CHANGED, principal)])
            return tx.projects.put(changed)

        return await self._store.write(work)

    async def remove(self, principal: Principal, project_id: str) -> None:
        """Remove a project; its files stay in the library. Raises NotFound, Forbidden, Conflict."""
        require(principal, Right.PRINT)

        def work(tx: Transaction) -> None:
            project = replace(_own(tx, principal, project_id), deleted_at=tx.now, changed_at=tx.now)
            tx.uploads.leave(project.id)  # A project is a folder, and not what lies in it.
            tx.events.append([_fact(project, FactName.PROJECT_REMOVED, principal)])
            tx.projects.put(project)

        await self._store.write(work)

    async def files(
        self, principal: Principal, project_id: str, *, limit: int = 50, offset: int = 0
    ) -> tuple[list[Upload], int]:
        """A project's files, newest first, also those on their way, and how many there are. Raises NotFound."""
        require(principal, Right.READ)

        def work(tx: Transaction) -> tuple[list[Upload], int]:
            seen_project(tx, principal, project_id)
            found = tx.uploads.page(principal.scope, project_id=project_id, limit=limit, offset=offset)
            return found, tx.uploads.count(principal.scope, project_id=project_id)

        return await self._store.read(work)

    async def comment(self, principal: Principal, project_id: str, body: str) -> Comment:
        """Say something about a project. Raises NotFound, Invalid."""
        require(principal, Right.PRINT)
        if not body.strip():
            raise Invalid("A comment has words.")
        comment_id, now = self._ids.new(), self._clock.now()

        def work(tx: Transaction) -> Comment:
            project = seen_project(tx, principal, project_id)
            comment = Comment(
                id=comment_id, organization_id=project.organization_id, project_id=project.id, body=_text(body),
                created_at=now, created_by=principal.id, created_by_name=principal.name,
            )  # fmt: skip
            tx.projects.add_comment(comment)
            tx.projects.put(replace(project, changed_at=now))
            return comment

        return await self._store.write(work)

    async def comments(self, principal: Principal, project_id: str) -> list[Comment]:
        """What was said about a project, in its order. Raises NotFound."""
        require(principal, Right.READ)

        def work(tx: Transaction) -> list[Comment]:
            return tx.projects.comments(principal.scope, seen_project(tx, principal, project_id).id)

        return await self._store.read(work)


def _own(tx: Transaction, principal: Principal, project_id: str) -> Project:
    """A project that the caller may change: his own, or any if he manages. Raises NotFound, Forbidden."""
    project = seen_project(tx, principal, project_id)
    if project.created_by != principal.id:
        require(principal, Right.MANAGE)
    return project


def _name(name: str) -> str:
    clean = name.strip()
    if not 0 < len(clean) <= NAME_LIMIT or any(ord(character) < 0x20 for character in clean):
        raise Invalid(f"A project's name has 1 to {NAME_LIMIT} characters.")
    return clean


def _text(text: str) -> str:
    if len(text) > TEXT_LIMIT or "\0" in text:
        raise Invalid(f"A text here has at most {TEXT_LIMIT:,} characters.")
    return text


def _fact(project: Project, name: FactName, principal: Principal) -> Fact:
    """The log is read by more people than a private project: its name is not told there."""
    told = {"name": project.name} if project.shared else {}
    return Fact(
        name=name, at=project.changed_at, organization_id=project.organization_id, subject_kind="project",
        subject_id=project.id, actor=principal.id, body={"shared": project.shared, **told},
    )  # fmt: skip
