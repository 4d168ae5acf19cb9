"""The database, as the domain sees it: units of work with repositories of core values.

A unit of work is a plain synchronous function `(tx) -> value`: no await, no I/O, no clock inside, and it may run twice.
Every read takes a Scope; what lies outside of it is not there, nor what was removed, except where a method says so.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from printyard.core.commands import CommandRecord, Envelope, Fate
from printyard.core.events import Fact, FactName, RecordedFact
from printyard.core.model.file import Analysis, Blob, File
from printyard.core.model.job import Job, JobState
from printyard.core.model.material import Material
from printyard.core.model.printer import Printer, PrinterRecord
from printyard.core.model.user import Grant, GrantState, Scope, Token, TokenPurpose, User
from printyard.core.model.value import Instant
from printyard.core.ports.account_rows import AccountRows, OAuthRows
from printyard.core.ports.cluster_rows import CareRows, ClusterRows
from printyard.core.ports.group_rows import GroupRows
from printyard.core.ports.library_rows import ProjectRows, ReportRows, UploadRows

T = TypeVar("T")


class PrinterRows(Protocol):
    """Printers and what the yard decides about them."""

    def get(self, scope: Scope, printer_id: str) -> Printer:
        """Raises NotFound."""

    def all(self, scope: Scope, *, removed: bool = False) -> list[Printer]:
        """In the order in which they were added; with `removed`, tombstones too."""

    def slugs(self, begin: str) -> frozenset[str]:
        """The slugs that begin so, those of removed printers too: what points to one must not find another."""

    def put(self, printer: Printer) -> Printer:
        """Insert, or update the version that the value has; the value in its next version. Raises Conflict."""

    def record(self, scope: Scope, printer_id: str) -> PrinterRecord:
        """Raises NotFound."""

    def put_record(self, record: PrinterRecord) -> PrinterRecord:
        """Like put."""


class JobRows(Protocol):
    """Jobs, waiting and ended."""

    def get(self, scope: Scope, job_id: str) -> Job:
        """Raises NotFound."""

    def put(self, job: Job) -> Job:
        """Insert, or update where the stored version is the value's. Raises Conflict."""

    def in_states(
        self, scope: Scope, states: frozenset[JobState], *, printer_id: str | None = None, group_id: str | None = None
    ) -> list[Job]:
        """By rank, then age."""

    def history(
        self,
        scope: Scope,
        *,
        printer_id: str | None = None,
        limit: int = 50,
        offset: int = 0,
        before: tuple[Instant, str] | None = None,
    ) -> list[Job]:
        """Started or ended jobs, newest first by creation; `before` is the (created_at, id) of the last one seen."""

    def some(self, scope: Scope, job_ids: Collection[str]) -> list[Job]:
        """Those of these jobs that the scope shows, in no order."""

    def seconds_printed(self, scope: Scope) -> dict[str, float]:
        """How long each printer has printed in all, by its id."""

    def prints(self, scope: Scope, *, limit: int, offset: int, newest_first: bool) -> list[Job]:
        """Jobs whose print has ended, by creation."""

    def count_prints(self, scope: Scope) -> int:
        """How many jobs there are whose print has ended."""

    def latest(self, scope: Scope, printer_id: str) -> Job | None:
        """The newest job that started on this printer."""


class FileRows(Protocol):
    """Files, blobs and analyses."""

    def get(self, scope: Scope, file_id: str, *, removed: bool = False) -> File:
        """With `removed`, also a tombstone (for a job that was to print it; its bytes stay). Raises NotFound."""

    def put(self, file: File) -> File:
        """Insert (with its blob) or update. Raises Conflict."""

    def page(self, scope: Scope, *, limit: int = 50, before: tuple[Instant, str] | None = None) -> list[File]:
        """Newest first."""

    def put_blob(self, blob: Blob) -> None:
        """Insert the row of stored bytes that no file refers to; fine if it is there."""

    def blob(self, sha256: str) -> Blob | None:
        """A stored blob's row."""

    def unreferenced(self, older_than: Instant) -> list[Blob]:
        """Blobs whose last reference ended before that instant."""

    def forget_blob(self, sha256: str) -> None:
        """Drop an unreferenced blob's row."""

    def analysis(self, sha256: str, limits_key: str) -> Analysis | None:
        """A stored analysis of a blob."""

    def put_analysis(self, sha256: str, limits_key: str, analysis: Analysis) -> None:
        """Insert or replace."""


class MaterialRows(Protocol):
    """Material profiles: an organization's own, and those that came with the yard of which it has none of its own."""

    def get(self, scope: Scope, guid: str) -> Material:
        """Raises NotFound."""

    def all(self, scope: Scope) -> list[Material]:
        """All that are not removed, by brand, material and color."""

    def put(self, material: Material) -> None:
        """Insert or replace."""

    def version_of(self, scope: Scope, guid: str) -> int | None:
        """Also of one that was removed (so that preloading does not bring it back)."""


class EventRows(Protocol):
    """The log of facts."""

    def append(self, facts: Sequence[Fact]) -> list[RecordedFact]:
        """Record facts, with the next numbers, in this order."""

    def page(  # noqa: PLR0913
        self, scope: Scope, *, after: int = 0, before: int | None = None, limit: int = 500, offset: int = 0,
        newest_first: bool = False, printer_id: str | None = None, names: frozenset[FactName] | None = None,
        subject: tuple[str, str] | None = None,
    ) -> list[RecordedFact]:  # fmt: skip
        """Facts with after < number < before that are within the scope, in order of number."""

    def newest(self) -> int:
        """The last number given."""

    def oldest(self) -> int:
        """The first number that is still kept (newest + 1 if there is none)."""

    def trim(self, below: int) -> None:
        """Forget facts with a smaller number."""


class PeopleRows(Protocol):
    """Users, tokens and grants."""

    def user(self, scope: Scope, user_id: str) -> User:
        """Raises NotFound."""

    def user_named(self, name: str) -> tuple[User, str] | None:
        """A user and the stored password hash ("" without one); names are unique, case-blind."""

    def users(self, scope: Scope) -> list[User]:
        """By name."""

    def put_user(self, user: User, password_hash: str | None = None) -> User:
        """Insert or update (None: password as it was). Raises Conflict (name taken, version)."""

    def any_password(self) -> bool:
        """Whether somebody has a password."""

    def put_token(self, token: Token, digest: bytes | None) -> None:
        """Insert or update; `digest` is the SHA-256 of the secret (None: as it was)."""

    def forget_sessions(self, ended_before: Instant) -> int:
        """Delete what outlives nothing: sessions and tokens of OAuth2 that ended before that instant; how many.

        A refresh token is kept until it expires, used or not: whoever uses it twice gives a thief away.
        """

    def token_by_digest(self, digest: bytes) -> Token | None:
        """The token with that hash."""

    def token(self, scope: Scope, token_id: str) -> Token:
        """Raises NotFound."""

    def tokens(self, scope: Scope, *, user_id: str | None = None) -> list[Token]:
        """Newest first."""

    def revoke(
        self, at: Instant, *, user_id: str | None = None, parent_id: str | None = None,
        purposes: frozenset[TokenPurpose] = frozenset(TokenPurpose), but: str | None = None,
    ) -> int:  # fmt: skip
        """End the standing tokens of a user, or what came of a consent or token; but for the one with id `but`."""

    def used(self, uses: Mapping[str, Instant]) -> None:
        """Note when tokens were last used, by their ids; fine for those that are gone."""

    def put_grant(self, grant: Grant) -> Grant:
        """Insert, or update by version. Raises Conflict."""

    def grant_by_public_id(self, public_id: str) -> Grant | None:
        """A grant of any printer."""

    def grants(
        self, scope: Scope, *, printer_id: str | None = None, states: frozenset[GrantState] | None = None
    ) -> list[Grant]:
        """Newest first."""


class CommandRows(Protocol):
    """Commands and their fate."""

    def put(self, envelope: Envelope, printer_id: str, fate: Fate, reason: str = "") -> None:
        """Insert or update by the envelope's id."""

    def forget(self, changed_before: Instant) -> int:
        """Delete the commands whose fate is older; how many."""

    def fate(self, command_id: str) -> Fate | None:
        """What became of a command."""

    def get(self, scope: Scope, command_id: str) -> CommandRecord | None:
        """A command within the scope, and what became of it."""


class AliasRows(Protocol):
    """Foreign ids: given once, never reused, never derived."""

    def of(self, kind: str, core_id: str, dialect: str) -> str | None:
        """The foreign id of a thing."""

    def core(self, kind: str, dialect: str, value: str) -> str | None:
        """The thing behind a foreign id."""

    def give(self, kind: str, core_id: str, dialect: str, value: str) -> str:
        """Record one; the one that was given before, if there is one. Raises Conflict if the value is taken."""


class SettingRows(Protocol):
    """Settings kept in the database."""

    def get(self, name: str) -> Any:  # noqa: ANN401
        """The value, or None."""

    def put(self, name: str, value: Any) -> None:  # noqa: ANN401
        """Set it (None: forget it)."""


class Transaction(Protocol):
    """One unit of work's view of the database; `now` is the instant of its commit."""

    now: Instant
    printers: PrinterRows
    jobs: JobRows
    groups: GroupRows
    files: FileRows
    materials: MaterialRows
    events: EventRows
    people: PeopleRows
    accounts: AccountRows
    oauth: OAuthRows
    commands: CommandRows
    aliases: AliasRows
    settings: SettingRows
    clusters: ClusterRows
    care: CareRows
    uploads: UploadRows
    projects: ProjectRows
    reports: ReportRows


class Store(Protocol):
    """Runs units of work outside of the event loop."""

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Run a unit of work that only reads. Raises StorageFull when the database is away."""

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run a unit of work and commit it; then the bell has rung for its facts. Raises StorageFull."""
