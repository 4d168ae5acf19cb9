"""Project: files that belong together, and what people say about them."""

from printyard.core.model.value import Id, Instant, Value


class Project(Value):
    """A folder of the library. Nobody but its owner (and operators) sees one that is not shared."""

    id: Id
    organization_id: Id
    name: str
    created_at: Instant
    created_by: str
    created_by_name: str
    changed_at: Instant
    description: str = ""
    shared: bool = False
    deleted_at: Instant | None = None
    version: int = 1


class Comment(Value):
    """What somebody said about a project."""

    id: Id
    organization_id: Id
    project_id: Id
    body: str
    created_at: Instant
    created_by: str
    created_by_name: str
