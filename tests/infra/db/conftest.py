"""Both databases, and a yard to put into them."""

import itertools
import os
import secrets
import sys

import msgspec
import pytest
from sqlalchemy import create_engine, text

from printyard.core.commands import Envelope, Pause
from printyard.core.events import Fact, FactName
from printyard.core.model.file import Blob, File, FileKind
from printyard.core.model.job import Job, JobOutcome, JobSource, JobState
from printyard.core.model.material import Material
from printyard.core.model.printer import Printer, PrinterRecord
from printyard.core.model.project import Comment, Project
from printyard.core.model.report import Report, ReportFormat, ReportState
from printyard.core.model.upload import Upload, UploadKind, UploadState
from printyard.core.model.user import HOME, Grant, GrantState, Role, Token, User
from printyard.infra.bus import LocalBell
from printyard.infra.db import open_store, sqlite_url
from printyard.infra.db.tables import event_counter, metadata

POSTGRES = os.environ.get("PRINTYARD_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/test")


class HandClock:
    """Stands still until it is set."""

    def __init__(self, instant=1_000_000):
        self.instant = instant

    def now(self):
        return self.instant

    async def sleep(self, seconds):
        self.instant += round(seconds * 1_000_000)


class Maker:
    """Values with everything that they need; each new one is younger than the one before."""

    def __init__(self):
        self._numbers = itertools.count(1)

    def id(self, kind="x"):
        return f"{kind}-{next(self._numbers):04}"

    def printer(self, **fields):
        number = next(self._numbers)
        given = {
            "id": f"printer-{number:04}",
            "organization_id": HOME,
            "group_id": f"group-{number:04}",
            "slug": f"slug-{number}",
            "name": f"Printer {number}",
            "driver": "virtual",
            "model_id": "s5",
            "device_guid": f"guid-{number}",
            "created_at": number,
        }
        return Printer(**(given | fields))

    def record(self, printer, **fields):
        return PrinterRecord(printer_id=printer.id, **fields)

    def job(self, printer=None, **fields):
        number = next(self._numbers)
        given = {
            "id": f"job-{number:04}",
            "organization_id": HOME,
            "group_id": printer.group_id if printer else "nobody's",
            "name": "cube",
            "state": JobState.QUEUED,
            "source": JobSource.NETWORK,
            "created_at": number,
            "created_by": "luke",
            "printer_id": printer.id if printer else None,
        }
        return Job(**(given | fields))

    def ended(self, printer=None, **fields):
        given = {"state": JobState.ENDED, "outcome": JobOutcome.COMPLETED, "started_at": 1, "ended_at": 2}
        return self.job(printer, **(given | fields))

    def blob(self, **fields):
        number = next(self._numbers)
        return Blob(**({"sha256": f"{number:064x}", "size": 10, "kind": FileKind.GCODE, "created_at": number} | fields))

    def file(self, **fields):
        number = next(self._numbers)
        given = {
            "id": f"file-{number:04}",
            "organization_id": HOME,
            "name": "cube.gcode",
            "created_at": number,
            "created_by": "luke",
        }
        return File(**({"blob": self.blob()} | given | fields))

    def upload(self, **fields):
        number = next(self._numbers)
        given = {
            "id": f"upload-{number:04}", "organization_id": HOME, "kind": UploadKind.TOOLPATH,
            "state": UploadState.UPLOADING, "name": "cube", "file_name": "cube.gcode", "size": 10,
            "content_type": "text/plain", "created_at": number, "created_by": "luke", "created_by_name": "Luke",
            "expires_at": number + 100,
        }  # fmt: skip
        return Upload(**(given | fields))

    def project(self, **fields):
        number = next(self._numbers)
        given = {
            "id": f"project-{number:04}", "organization_id": HOME, "name": f"Project {number}", "created_at": number,
            "created_by": "luke", "created_by_name": "Luke", "changed_at": number,
        }  # fmt: skip
        return Project(**(given | fields))

    def comment(self, project, **fields):
        number = next(self._numbers)
        given = {
            "id": f"comment-{number:04}", "organization_id": project.organization_id, "project_id": project.id,
            "body": "nice", "created_at": number, "created_by": "luke", "created_by_name": "Luke",
        }  # fmt: skip
        return Comment(**(given | fields))

    def report(self, **fields):
        number = next(self._numbers)
        given = {
            "id": f"report-{number:04}", "organization_id": HOME, "state": ReportState.PENDING,
            "format": ReportFormat.CSV, "printer_ids": None, "start": 1, "end": 2, "created_at": number,
            "created_by": "luke",
        }  # fmt: skip
        return Report(**(given | fields))

    def material(self, **fields):
        number = next(self._numbers)
        given = {
            "guid": f"guid-{number}",
            "version": 1,
            "brand": "Acme",
            "material": "PLA",
            "color": "Red",
            "organization_id": HOME,
        }
        return Material(**(given | fields))

    def fact(self, printer=None, **fields):
        given = {
            "name": FactName.JOB_CREATED,
            "at": next(self._numbers),
            "organization_id": HOME,
            "subject_kind": "job",
            "subject_id": "j",
            "printer_id": printer.id if printer else None,
        }
        return Fact(**(given | fields))

    def user(self, **fields):
        number = next(self._numbers)
        given = {
            "id": f"user-{number:04}",
            "organization_id": HOME,
            "name": f"User {number}",
            "role": Role.MEMBER,
            "created_at": number,
        }
        return User(**(given | fields))

    def token(self, **fields):
        number = next(self._numbers)
        given = {
            "id": f"token-{number:04}",
            "organization_id": HOME,
            "user_id": None,
            "name": "key",
            "role": Role.MEMBER,
            "created_at": number,
        }
        return Token(**(given | fields))

    def grant(self, printer, **fields):
        number = next(self._numbers)
        given = {
            "id": f"grant-{number:04}",
            "organization_id": printer.organization_id,
            "printer_id": printer.id,
            "public_id": f"{number:032x}",
            "state": GrantState.PENDING,
            "application": "Cura",
            "user": "luke",
            "host_name": "",
            "exclusion_key": "",
            "role": Role.MEMBER,
            "created_at": number,
            "expires_at": number + 10,
        }
        return Grant(**(given | fields))

    def envelope(self, **fields):
        given = {"id": self.id("command"), "command": Pause(), "principal_id": "luke", "at": 1, "deadline": 2}
        return Envelope(**(given | fields))

    def newer(self, value, **fields):
        return msgspec.structs.replace(value, **fields)


@pytest.fixture(scope="session")
def postgres_url():
    """A schema of this run's own."""
    schema = f"printyard_{secrets.token_hex(6)}"
    engine = create_engine(POSTGRES, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3})
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
    except Exception as error:  # noqa: BLE001
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(
            f"no PostgreSQL (PRINTYARD_TEST_POSTGRES): {error}"
        )
    yield engine.url.set(query={"options": f"-csearch_path={schema}", "application_name": schema}).render_as_string(
        hide_password=False
    )
    with engine.connect() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture
def empty_postgres(postgres_url):
    """The schema, with tables as the run left them, but without rows."""
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        if connection.dialect.has_table(connection, "jobs"):
            names = ", ".join(table.name for table in metadata.sorted_tables if table is not event_counter)
            connection.execute(text(f"TRUNCATE {names}"))
            connection.execute(event_counter.update().values(newest=0))
    engine.dispose()
    return postgres_url


@pytest.fixture
def sqlite_address(tmp_path):
    return sqlite_url(tmp_path / "yard.db")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def address(request):
    """The URL of an empty database."""
    return request.getfixturevalue({"sqlite": "sqlite_address", "postgres": "empty_postgres"}[request.param])


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def bell():
    return LocalBell()


@pytest.fixture
def child_env():
    """The environment of a process that imports what we import."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


@pytest.fixture
def make():
    return Maker()


@pytest.fixture
async def store(address, clock, bell):
    opened = open_store(address, clock, bell)
    yield opened
    await opened.close()
