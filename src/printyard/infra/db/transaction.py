"""One unit of work's view of the database."""

from sqlalchemy import Connection

from printyard.core.model.value import Instant
from printyard.core.ports.account_rows import AccountRows, OAuthRows
from printyard.core.ports.cluster_rows import CareRows, ClusterRows
from printyard.core.ports.group_rows import GroupRows
from printyard.core.ports.library_rows import ProjectRows, ReportRows, UploadRows
from printyard.core.ports.store import (
    AliasRows,
    CommandRows,
    EventRows,
    FileRows,
    JobRows,
    MaterialRows,
    PeopleRows,
    PrinterRows,
    SettingRows,
)
from printyard.infra.db.repositories.accounts import SqlAccounts
from printyard.infra.db.repositories.aliases import SqlAliases
from printyard.infra.db.repositories.care import SqlCare
from printyard.infra.db.repositories.clusters import SqlClusters
from printyard.infra.db.repositories.commands import SqlCommands
from printyard.infra.db.repositories.events import SqlEvents
from printyard.infra.db.repositories.files import SqlFiles
from printyard.infra.db.repositories.groups import SqlGroups
from printyard.infra.db.repositories.jobs import SqlJobs
from printyard.infra.db.repositories.library import SqlProjects, SqlReports, SqlUploads
from printyard.infra.db.repositories.materials import SqlMaterials
from printyard.infra.db.repositories.oauth import SqlOAuth
from printyard.infra.db.repositories.people import SqlPeople
from printyard.infra.db.repositories.printers import SqlPrinters
from printyard.infra.db.repositories.settings import SqlSettings


class SqlTransaction:
    """core.ports.store.Transaction. It is good only inside of its unit of work."""

    def __init__(self, connection: Connection, now: Instant) -> None:
        log = SqlEvents(connection, now)
        self._log = log
        self.connection = connection
        self.now = now
        self.printers: PrinterRows = SqlPrinters(connection)
        self.jobs: JobRows = SqlJobs(connection)
        self.groups: GroupRows = SqlGroups(connection)
        self.files: FileRows = SqlFiles(connection)
        self.materials: MaterialRows = SqlMaterials(connection)
        self.events: EventRows = log
        self.people: PeopleRows = SqlPeople(connection)
        self.accounts: AccountRows = SqlAccounts(connection)
        self.oauth: OAuthRows = SqlOAuth(connection)
        self.commands: CommandRows = SqlCommands(connection, now)
        self.aliases: AliasRows = SqlAliases(connection)
        self.settings: SettingRows = SqlSettings(connection)
        self.clusters: ClusterRows = SqlClusters(connection)
        self.care: CareRows = SqlCare(connection)
        self.uploads: UploadRows = SqlUploads(connection)
        self.projects: ProjectRows = SqlProjects(connection)
        self.reports: ReportRows = SqlReports(connection)

    @property
    def appended(self) -> int:
        """The number of the newest fact that this unit of work recorded (0: none)."""
        return self._log.appended
