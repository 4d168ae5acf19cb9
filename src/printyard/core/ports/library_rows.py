"""The library's rows, as the domain sees them: announced uploads, projects, reports."""

from typing import Protocol

from printyard.core.model.project import Comment, Project
from printyard.core.model.report import Report
from printyard.core.model.upload import Upload, UploadKind
from printyard.core.model.user import Scope
from printyard.core.model.value import Instant


class UploadRows(Protocol):
    """Announced uploads."""

    def get(self, scope: Scope, upload_id: str, *, removed: bool = False) -> Upload:
        """With `removed`, also a tombstone. Raises NotFound."""

    def put(self, upload: Upload) -> Upload:
        """Insert, or update by version. Raises Conflict."""

    def page(
        self, scope: Scope, *, project_id: str | None = None, kind: UploadKind | None = None, limit: int = 50,
        offset: int = 0,
    ) -> list[Upload]:  # fmt: skip
        """Those of a project, or of a kind, newest first."""

    def count(self, scope: Scope, *, project_id: str | None = None, kind: UploadKind | None = None) -> int:
        """How many there are on all pages."""

    def leave(self, project_id: str) -> None:
        """Take all of them out of a project."""

    def overdue(self, scope: Scope, instant: Instant) -> list[Upload]:
        """Those that were to be whole before that instant, and are not; some hundred at a time."""

    def withdraw(self, upload_id: str, at: Instant) -> None:
        """Leave a tombstone, if there is one with this id."""


class ProjectRows(Protocol):
    """Projects and comments on them."""

    def get(self, scope: Scope, project_id: str) -> Project:
        """Raises NotFound."""

    def put(self, project: Project) -> Project:
        """Insert, or update by version. Raises Conflict."""

    def page(
        self, scope: Scope, viewer: str | None, *, shared: bool | None = None, search: str = "", limit: int = 50,
        offset: int = 0,
    ) -> list[Project]:  # fmt: skip
        """Newest first: those of `viewer` and the shared ones (all, for None); `search` is a part of the name."""

    def count(self, scope: Scope, viewer: str | None, *, shared: bool | None = None, search: str = "") -> int:
        """How many there are on all pages."""

    def comments(self, scope: Scope, project_id: str) -> list[Comment]:
        """In their order; the last some hundred."""

    def add_comment(self, comment: Comment) -> None:
        """Insert."""


class ReportRows(Protocol):
    """Reports."""

    def get(self, scope: Scope, report_id: str) -> Report:
        """Raises NotFound."""

    def put(self, report: Report) -> Report:
        """Insert, or update by version. Raises Conflict."""

    def unfinished(self, scope: Scope) -> list[Report]:
        """Those that are still to be made, the oldest first."""

    def forget(self, created_before: Instant) -> int:
        """Delete the older ones; how many."""
