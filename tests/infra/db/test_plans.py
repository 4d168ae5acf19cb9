"""Pages by index: a million rows of history answer as fast as a thousand.

Measured in steps of SQLite's virtual machine, which are the same on every machine.
"""

import pytest
from sqlalchemy import event

from printyard.core.events import FactName
from printyard.core.model.job import WAITING, JobState
from printyard.core.model.upload import UploadKind
from printyard.core.model.user import EVERYTHING, HOME, Scope
from printyard.infra.bus import LocalBell
from printyard.infra.db import open_store, sqlite_url
from printyard.infra.db.library_tables import projects, uploads
from printyard.infra.db.tables import events, files, jobs

HERE = Scope(organization_id=HOME)
FEW, MANY = 1_000, 50_000
RARE = "printer-rare"

READS = {
    "history": lambda tx, key: tx.jobs.history(HERE),
    "history after a key": lambda tx, key: tx.jobs.history(HERE, before=key),
    "history of a printer": lambda tx, key: tx.jobs.history(HERE, printer_id=tx.busy, before=key),
    "history of a printer that prints little": lambda tx, key: tx.jobs.history(HERE, printer_id=RARE),
    "history for one who sees one printer": lambda tx, key: tx.jobs.history(
        Scope(organization_id=HOME, printers=frozenset({tx.busy})), printer_id=tx.busy, before=key
    ),
    "latest": lambda tx, key: [tx.jobs.latest(EVERYTHING, tx.busy)],
    "queue": lambda tx, key: tx.jobs.in_states(HERE, WAITING),
    "queue of everybody": lambda tx, key: tx.jobs.in_states(EVERYTHING, WAITING),
    "queue of a group": lambda tx, key: tx.jobs.in_states(HERE, WAITING, group_id=tx.group),
    "jobs on a printer": lambda tx, key: tx.jobs.in_states(HERE, frozenset({JobState.STARTED}), printer_id=tx.busy),
    "files": lambda tx, key: tx.files.page(HERE),
    "files after a key": lambda tx, key: tx.files.page(HERE, before=key),
    "files of a project": lambda tx, key: tx.uploads.page(HERE, project_id="project-1"),
    "uploads of a kind": lambda tx, key: tx.uploads.page(HERE, kind=UploadKind.TOOLPATH),
    "uploads of a kind that is rare": lambda tx, key: tx.uploads.page(HERE, kind=UploadKind.MATERIALS),
    "projects": lambda tx, key: tx.projects.page(HERE, None),
    "log": lambda tx, key: tx.events.page(HERE, newest_first=True, limit=50),
    "log after a number": lambda tx, key: tx.events.page(HERE, after=key[0], limit=50),
    "log of a printer": lambda tx, key: tx.events.page(HERE, printer_id=tx.busy, after=key[0], limit=50),
    "log of a printer, newest first": lambda tx, key: tx.events.page(
        HERE, printer_id=tx.busy, newest_first=True, limit=50
    ),
    "log of a printer that prints little": lambda tx, key: tx.events.page(HERE, printer_id=RARE),
    "log of a subject": lambda tx, key: tx.events.page(HERE, subject=("job", "job-5"), limit=50),
    "oldest": lambda tx, key: [tx.events.oldest()],
}


def multiply(connection, table, count, **changes):
    """Copy the one row of a table so many times with other keys; `changes` are SQL expressions of n."""
    columns = [column.name for column in table.c]
    values = ", ".join(changes.get(name, f'"{name}"') for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    connection.exec_driver_sql(
        f"WITH RECURSIVE numbers(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}) "
        f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {table.name}, numbers"
    )


async def filled(path, make, clock, count):
    store = open_store(sqlite_url(path), clock, LocalBell(), readers=1)
    busy, rare = make.printer(), make.printer(id=RARE)

    def fill(tx):
        tx.printers.put(busy)
        tx.printers.put(rare)
        tx.files.put(make.file(created_at=1))
        tx.jobs.put(make.ended(busy, created_at=1, id="job-1"))
        tx.events.append([make.fact(busy, name=FactName.JOB_ENDED)])
        tx.projects.put(make.project(id="project-1", created_at=1))
        tx.uploads.put(make.upload(created_at=1, project_id="project-1"))
        multiply(tx.connection, projects, count, id="'project-' || n", created_at="n")
        multiply(tx.connection, uploads, count, id="'upload-' || n", created_at="n")
        tx.uploads.put(make.upload(created_at=2, kind=UploadKind.MATERIALS))
        multiply(tx.connection, jobs, count, id="'job-' || n", created_at="n", started_at="n")
        multiply(tx.connection, files, count, id="'file-' || n", created_at="n")
        multiply(tx.connection, events, count, number="n", subject_id="'job-' || n")
        tx.connection.exec_driver_sql(f"UPDATE event_counter SET newest = {count}")
        tx.jobs.put(make.job(busy))
        tx.jobs.put(make.newer(make.job(busy), state=JobState.STARTED, started_at=count + 1, created_at=count + 1))

    await store.write(fill)
    return store, busy


async def steps(store, busy, count):
    """Hundreds of steps that each of the reads takes."""
    counted = {}

    def work(tx):
        tx.busy, tx.group = busy.id, busy.group_id
        driver = tx.connection.connection.driver_connection
        for name, read in READS.items():
            ticks = []
            driver.set_progress_handler(lambda ticks=ticks: ticks.append(1), 100)
            rows = read(tx, (count // 2, "job-5"))
            driver.set_progress_handler(None, 100)
            counted[name] = len(ticks)
            assert rows or "prints little" in name, name

    await store.read(work)
    await store.close()
    return counted


@pytest.mark.slow
async def test_a_long_history_costs_no_more_than_a_short_one(tmp_path, make, clock):
    short = await steps(*await filled(tmp_path / "short.db", make, clock, FEW), FEW)
    long = await steps(*await filled(tmp_path / "long.db", make, clock, MANY), MANY)
    slower = {name: (short[name], long[name]) for name in READS if long[name] > 2 * short[name] + 5}
    assert slower == {}


async def test_what_is_paged_by_key_is_not_sorted(sqlite_address, make, clock, bell):
    """SQLite's own account of how it would answer."""
    store = open_store(sqlite_address, clock, bell, readers=1)
    asked = []

    def note(connection, cursor, statement, parameters, context, executemany):
        asked.append((statement, parameters))

    event.listen(store._reading, "before_cursor_execute", note)
    paged = [name for name in READS if not name.startswith(("queue", "jobs on", "oldest"))]

    def work(tx):
        tx.busy, tx.group = "p", "g"
        accounts = {}
        for name in paged:
            asked.clear()
            READS[name](tx, (5, "job-5"))
            (statement, parameters), *_ = asked
            rows = tx.connection.connection.driver_connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            accounts[name] = [row[3] for row in rows]
        return accounts

    accounts = await store.read(work)
    await store.close()
    assert [name for name, account in accounts.items() if "B-TREE" in " ".join(account)] == []
    assert [name for name, account in accounts.items() if any(line.startswith("SCAN") for line in account[:1])] == []


def test_every_field_of_a_value_has_its_column():
    from printyard.core.events import Fact
    from printyard.core.model.file import Blob
    from printyard.core.model.job import Job
    from printyard.core.model.material import Material
    from printyard.core.model.printer import Printer
    from printyard.core.model.user import Grant, Token
    from printyard.infra.db.tables import blobs, grants, materials, printers, tokens

    pairs = (
        (Printer, printers),
        (Job, jobs),
        (Material, materials),
        (Grant, grants),
        (Token, tokens),
        (Blob, blobs),
        (Fact, events),
    )
    for kind, table in pairs:
        missing = set(kind.__struct_fields__) - {column.name for column in table.c}
        assert not missing, f"{kind.__name__} needs a migration"
