"""Jobs of all groups, newest first: filtered, searched, and counted as far as anybody turns pages.

However many jobs there are, a page comes from the ends of a few indexes. What a job is called is indexed by its
trigrams; printers and people that are called so are looked up first, and their jobs by theirs.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    column,
    false,
    func,
    literal,
    or_,
    select,
    table,
)

from printyard.core.model.job import Job, JobOutcome
from printyard.core.model.remark import JobFilter
from printyard.core.model.user import Scope
from printyard.infra.db.cluster_tables import job_search
from printyard.infra.db.rows import insert_into, value_of
from printyard.infra.db.scope import within
from printyard.infra.db.tables import jobs, printers, tokens, users

TOKEN = "token:"  # noqa: S105 - how the id of a principal begins that is a token
TRIGRAM = 3
SHORT_SEARCH = 5000
"""Among so many of the newest jobs a search for less than a trigram looks."""

FEW = 16
"""So many groups, printers or people are asked one by one, each in its own index; more are found in passing."""

DEEP = 2000
"""A page that begins so far back is counted off in one index for all groups, and not put together from many."""

SEARCHED = 20_000
"""So many of the newest that a search finds have pages; more, and each page would have to find all before it."""

NAMED = 1000
KEYS = 500
WORDS = table("job_search_words", column("rowid"), column("job_search_words"))

Key = tuple[int, str]
"""When a job was made, and its id: the order of all lists."""


def index(connection: Connection, job: Job) -> None:
    """Let a new job be found by what it is called, and by whoever is said to have sent it."""
    row = {"job_id": job.id, "text": f"{job.name}\n{job.claimed_user}"}
    connection.execute(insert_into(connection, job_search).on_conflict_do_nothing(), row)


def page(
    connection: Connection, scope: Scope, wanted: JobFilter, *, limit: int, offset: int, count: int
) -> tuple[list[Job], int]:
    """A page of jobs, newest first, and how many there are, counted up to `count`."""
    conditions, end = [within(scope, jobs), *_conditions(wanted)], offset + limit
    if wanted.search:
        found = _found(connection, scope, wanted, conditions, max(min(end, SEARCHED), count))
        keys, total = found[offset:end], min(len(found), count)
    else:
        queries = _of_groups(wanted, conditions)
        keys, total = _page(connection, wanted, conditions, limit, offset), _counted(connection, queries, count)
    return _rows(connection, [job_id for _, job_id in keys]), total


def _of_groups(wanted: JobFilter, conditions: list[ColumnElement[bool]]) -> list[list[ColumnElement[bool]]]:
    return [conditions] if wanted.groups is None else _of(jobs.c.group_id, sorted(wanted.groups), conditions)


def _page(
    connection: Connection, wanted: JobFilter, conditions: list[ColumnElement[bool]], limit: int, offset: int
) -> list[Key]:
    """The keys of a page of what no search narrows."""
    queries = _of_groups(wanted, conditions)
    if offset >= DEEP and len(queries) > 1:
        queries = [[*conditions, _unindexed(jobs.c.group_id).in_(sorted(wanted.groups or ()))]]
    if len(queries) > 1:
        return _newest(connection, queries, offset + limit)[offset:]
    return [(row[0], row[1]) for query in queries for row in connection.execute(_ordered(query, limit, offset))]


def _rows(connection: Connection, ids: Sequence[str]) -> list[Job]:
    found: dict[str, Job] = {}
    for start in range(0, len(ids), KEYS):
        query = select(jobs).where(jobs.c.id.in_(ids[start : start + KEYS]))
        found |= {row.id: value_of(Job, row) for row in connection.execute(query)}
    return [found[job_id] for job_id in ids]


def _counted(connection: Connection, queries: Iterable[Sequence[ColumnElement[bool]]], most: int) -> int:
    """How many jobs these conditions find, of which no two find the same one; counted up to `most`."""
    total = 0
    for conditions in queries:
        if total < most:
            some = select(jobs.c.id).where(*conditions).limit(most - total).subquery()
            total += int(connection.execute(select(func.count()).select_from(some)).scalar_one())
    return total


def _found(
    connection: Connection, scope: Scope, wanted: JobFilter, conditions: list[ColumnElement[bool]], limit: int
) -> list[Key]:
    """The keys of the newest jobs that a search finds."""
    if wanted.groups is not None:
        conditions = [*conditions, _unindexed(jobs.c.group_id).in_(sorted(wanted.groups))]
    found = _worded(connection, conditions, wanted.search, limit)
    called = _of(jobs.c.printer_id, _printers(connection, scope, wanted.search), conditions)
    called += _of(jobs.c.created_by, _people(connection, scope, wanted.search), conditions)
    return sorted({*found, *_newest(connection, called, limit)}, reverse=True)[:limit]


def _newest(connection: Connection, queries: Iterable[Sequence[ColumnElement[bool]]], limit: int) -> list[Key]:
    """The newest of what any of these conditions find; each is asked by itself, for each has an index of its own."""
    found: set[Key] = set()
    for conditions in queries:
        found |= {(row[0], row[1]) for row in connection.execute(_ordered(conditions, limit))}
    return sorted(found, reverse=True)[:limit]


def _ordered(conditions: Sequence[ColumnElement[bool]], limit: int, offset: int = 0) -> Select[int, str]:
    """The newest keys, of an index."""
    query = select(jobs.c.created_at, jobs.c.id).where(*conditions)
    return query.order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(limit).offset(offset)


def _of(
    owner: ColumnElement[str], owners: Sequence[str], conditions: list[ColumnElement[bool]]
) -> list[list[ColumnElement[bool]]]:
    """The conditions for jobs of some owners: one by one, or all at once in passing."""
    if len(owners) <= FEW:
        return [[*conditions, owner == one] for one in owners]
    return [[*conditions, _unindexed(owner).in_(owners)]]


def _unindexed(owner: ColumnElement[str]) -> ColumnElement[str]:
    """A column that is compared in passing: its index would bring all rows of all owners, to be sorted."""
    return func.coalesce(owner, "")


def _worded(connection: Connection, conditions: list[ColumnElement[bool]], search: str, limit: int) -> list[Key]:
    """The newest jobs that are called so, or whose sender is said to be."""
    source: FromClause = job_search
    if len(search) < TRIGRAM:
        newest = select(job_search).order_by(job_search.c.number.desc()).limit(SHORT_SEARCH).subquery()
        found = select(jobs.c.created_at, jobs.c.id).select_from(newest).join(jobs, jobs.c.id == newest.c.job_id)
        found = found.where(_contains(newest.c.text, search)).order_by(newest.c.number.desc())
    elif connection.dialect.name == "sqlite":
        phrase = '"' + search.replace('"', '""') + '"'
        source = WORDS.join(job_search, job_search.c.number == WORDS.c.rowid)
        found = select(jobs.c.created_at, jobs.c.id).select_from(source.join(jobs, jobs.c.id == job_search.c.job_id))
        found = found.where(WORDS.c.job_search_words.match(phrase)).order_by(WORDS.c.rowid.desc())
    else:
        source = job_search.join(jobs, jobs.c.id == job_search.c.job_id)
        found = select(jobs.c.created_at, jobs.c.id).select_from(source)
        found = found.where(_contains(job_search.c.text, search)).order_by(job_search.c.number.desc())
    return [(row[0], row[1]) for row in connection.execute(found.where(*conditions).limit(limit))]


def _printers(connection: Connection, scope: Scope, search: str) -> list[str]:
    query = select(printers.c.id).where(within(scope, printers), _contains(printers.c.name, search))
    return [row[0] for row in connection.execute(query.limit(NAMED))]


def _people(connection: Connection, scope: Scope, search: str) -> list[str]:
    """The ids of principals that are called so: people, and programs by their tokens."""
    people = select(users.c.id).where(within(scope, users), _contains(users.c.name, search)).limit(NAMED)
    programs: Select[tuple[str]] = select(literal(TOKEN) + tokens.c.id)
    programs = programs.where(within(scope, tokens), _contains(tokens.c.name, search)).limit(NAMED)
    return [row[0] for query in (people, programs) for row in connection.execute(query)]


def _contains(text: ColumnElement[str], part: str) -> ColumnElement[bool]:
    """Whether a part stands in a text, whatever its case is (in SQLite: of ASCII letters)."""
    return text.icontains(part, autoescape=True)


def _conditions(wanted: JobFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [_shown(wanted)]
    if wanted.sources is not None:
        conditions.append(jobs.c.source.in_(sorted(wanted.sources)))
    if wanted.created_by is not None:
        conditions.append(jobs.c.created_by == wanted.created_by)
    if wanted.since is not None:
        conditions.append(jobs.c.created_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(jobs.c.created_at < wanted.until)
    return conditions


def _shown(wanted: JobFilter) -> ColumnElement[bool]:
    """The living in the wanted states, or what was removed, or both."""
    removed = or_(jobs.c.deleted_at.is_not(None), jobs.c.outcome == JobOutcome.WITHDRAWN)
    if not wanted.living:
        return removed if wanted.removed else false()
    living: ColumnElement[bool] = and_(
        jobs.c.deleted_at.is_(None), func.coalesce(jobs.c.outcome, "") != JobOutcome.WITHDRAWN
    )
    if wanted.states is not None:
        in_state: ColumnElement[bool] = jobs.c.state.in_(sorted(wanted.states))
        living = and_(living, or_(in_state, jobs.c.id.in_(sorted(wanted.also))) if wanted.also else in_state)
    if wanted.but:
        living = and_(living, jobs.c.id.not_in(sorted(wanted.but)))
    return or_(living, removed) if wanted.removed else living
