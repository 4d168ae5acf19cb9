"""The rows of clusters: registrations, and what was said about jobs."""

from typing import Protocol

from printyard.core.model.care import CareEntry
from printyard.core.model.cluster import Registration
from printyard.core.model.job import Job
from printyard.core.model.remark import JobFilter, Named, Remark
from printyard.core.model.user import Scope
from printyard.core.model.value import Instant


class ClusterRows(Protocol):
    """Registrations of groups, and what the lists of all clusters need of jobs."""

    def living(self) -> list[Registration]:
        """All that are registered or offered, of every organization: for the registry alone."""

    def of_group(self, group_id: str) -> Registration | None:
        """The living one of a group."""

    def put(self, registration: Registration) -> Registration:
        """Insert, or update where the stored version is the value's. Raises Conflict."""

    def remark(self, scope: Scope, job_id: str) -> Remark | None:
        """What was said about a job."""

    def remarks(self, scope: Scope, job_ids: frozenset[str]) -> dict[str, Remark]:
        """What was said about jobs, by their ids."""

    def put_remark(self, remark: Remark) -> None:
        """Insert or replace."""

    def jobs(
        self, scope: Scope, wanted: JobFilter, *, limit: int, offset: int, count: int = 0
    ) -> tuple[list[Job], int]:
        """Jobs of any state, newest first, and how many there are in all, counted up to `count`."""

    def names(self, scope: Scope, principal_ids: frozenset[str]) -> dict[str, Named]:
        """What those who asked are called: users by their names, tokens by theirs; the unknown are left out."""


class CareRows(Protocol):
    """What was done for printers."""

    def entries(self, scope: Scope, printer_ids: frozenset[str]) -> list[CareEntry]:
        """All that was done on these printers, in no order."""

    def put(self, entry: CareEntry) -> None:
        """Insert."""

    def printed_seconds(self, scope: Scope, printer_id: str, since: Instant) -> float:
        """How long a printer has printed in jobs that ended since then."""
