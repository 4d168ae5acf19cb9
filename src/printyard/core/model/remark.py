"""What people say about jobs, and how lists of jobs are narrowed."""

from printyard.core.model.job import JobSource, JobState
from printyard.core.model.value import Id, Instant, Value

REMARK_LIMIT = 500
MESSAGE_LIMIT = 1000


class Remark(Value):
    """A note on a job, and the last message of whoever approved or rejected it."""

    job_id: Id
    organization_id: Id
    note: str = ""
    message: str = ""
    message_by: str = ""
    message_at: Instant | None = None


class JobFilter(Value):
    """Which jobs a list shows; what is None narrows nothing.

    `living` and `removed` say which of the two are shown: jobs that were taken out of the queue, or out of the lists,
    are removed; `states` narrows the living alone, with the jobs of `also` in any state, and without those of `but`.
    `search` looks for a part of the job's name, its printer's or its author's. `since` and `until` bound the creation.
    """

    groups: frozenset[str] | None = None
    states: frozenset[JobState] | None = None
    also: frozenset[str] = frozenset()
    but: frozenset[str] = frozenset()
    sources: frozenset[JobSource] | None = None
    created_by: str | None = None
    search: str = ""
    since: Instant | None = None
    until: Instant | None = None
    living: bool = True
    removed: bool = False


class Named(Value):
    """What somebody is called, and whether the account is gone."""

    name: str
    gone: bool = False
