"""Two organizations in one yard: what is one's does not exist for the other, whichever service is asked.

The calls are made from the services themselves: a method with an argument that is not known here fails the test.
"""

import asyncio
import inspect
import typing
from collections.abc import Iterable, Mapping, Sequence

import pytest
from msgspec.structs import replace

from printyard.core.access.credentials import Credentials
from printyard.core.access.requests import PENDING_SECONDS
from printyard.core.access.sessions import Sessions
from printyard.core.actions import Errand
from printyard.core.commands import Pause
from printyard.core.errors import CoreError, Forbidden, NotFound
from printyard.core.facade import Core
from printyard.core.jobs.claims import Claims
from printyard.core.jobs.queue import APPROVAL_SECONDS
from printyard.core.model.job import JobState
from printyard.core.model.material import Material
from printyard.core.model.oauth import Challenge, ChallengeMethod, Request
from printyard.core.model.remark import JobFilter
from printyard.core.model.upload import Announcement, UploadKind
from printyard.core.model.user import Right, Role, Scope
from printyard.core.model.value import Id, after
from printyard.testing.people import ADMIN, GUEST, MEMBER

PASSWORD = "correct horse battery staple"
ELSEWHERE = Id("elsewhere")
EVE = replace(ADMIN, id="eve", name="eve", scope=Scope(organization_id=ELSEWHERE))
"""An administrator of another organization: she may everything, of what is hers."""

GUID = "aaaaaaaa-0000-4000-8000-000000000001"
CALLBACK = "http://localhost:1/callback"
S256 = Challenge(method=ChallengeMethod.S256, text="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
"""RFC 7636, appendix B."""


def announced(name="drawing.stl", project_id=None):
    return Announcement(kind=UploadKind.DOCUMENT, name=name, size=5, content_type="x", project_id=project_id)


async def consent_of(yard, ann):
    """What somebody allowed a program."""
    oauth = yard.core.oauth
    client, _ = await oauth.clients.add(ADMIN, "Wiki", [], loopback=True)
    asked = Request(client.client_id, CALLBACK, ("yard.read",), frozenset({Right.READ}), S256)
    code = await oauth.allow(ann, asked)
    await oauth.exchange(client, code, CALLBACK, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    return (await oauth.consents(ann))[0], client


@pytest.fixture
async def theirs(yard, luke):
    """One of each thing, of the yard's own organization, by the name of the argument that names it."""
    core = yard.core
    group = await core.groups.create(ADMIN, "Farm")
    leia = await yard.add_printer("Leia")
    file = await core.files.add(ADMIN, "cube.gcode", await yard.blob())
    waiting = await core.jobs.print_now(GUEST, leia, await yard.blob(), Claims(name="secret thing"))
    project = await core.library.add(ADMIN, "Secret project", shared=True)
    await core.library.comment(ADMIN, project.id, "Secret words.")
    upload = await core.uploads.announce(ADMIN, announced(project_id=project.id))
    cluster = next(one for one in await core.clusters.all(ADMIN) if one.host.printer.id == luke)
    team = await core.teams.add(ADMIN, "Secret team")
    user = await core.accounts.add_user(ADMIN, "Ann", Role.MEMBER, PASSWORD)
    ann = await core.credentials.by_password("Ann", PASSWORD)
    token, _ = await core.own_account.add_token(ann, "script")
    session = await core.sessions.principal(await core.sessions.open(ann))
    await core.teams.join(ADMIN, team.id, [user.id])
    consent, client = await consent_of(yard, ann)
    grant, _ = await core.access.ask(luke, "Cura", "ann")
    report = await core.reports.ask(ADMIN, (), yard.clock.now(), after(yard.clock.now(), 9))
    action = await core.actions.begin(ADMIN, luke, Errand(what="look"), nothing)
    material = Material(guid=GUID, version=1, brand="Secret", material="PLA", color="Red", organization_id=Id("home"))
    await core.materials.put(MEMBER, material)
    await core.remarks.note(ADMIN, waiting.id, "a secret note")
    await yard.settle()
    return {
        "printer_id": luke, "group_id": group.id, "file_id": file.id, "job_id": waiting.id, "project_id": project.id,
        "upload_id": upload.id, "cluster_id": cluster.id, "team_id": team.id, "user_id": user.id,
        "token_id": token.id, "session_id": session.credential_id, "consent_id": consent.id, "public_id": grant,
        "client_id": client.client_id, "report_id": report.id, "action_id": action, "guid": GUID,
        "organization_id": "home", "preparation_id": "nothing",
    }  # fmt: skip


async def nothing():
    return None


FILLED = {
    "driver": "scripted", "command": Pause(), "predicate": lambda _: True, "claims": Claims(name="x"),
    "right": Right.READ, "errand": Errand(what="x"), "work": nothing, "role": Role.GUEST, "password": PASSWORD,
    "codes": ("um3_clean_printer",), "wanted": JobFilter(), "old": PASSWORD, "new": PASSWORD,
    "kind": UploadKind.DOCUMENT, "start": 0, "end": 1,
}  # fmt: skip
"""What fills the arguments that name nothing, where their type does not say it: see `made_up`."""

MADE_UP = {
    str: "x",
    bool: True,
    int: 1,
    float: 1.0,
    dict: {},
    Mapping: {},
    list: (),
    Sequence: (),
    Iterable: (),
    frozenset: (),
}

LISTS = {
    "printer_ids": "printer_id",
    "principal_ids": "user_id",
    "user_ids": "user_id",
    "job_ids": "job_id",
    "team_ids": "team_id",
}
"""Arguments that name several things."""

NOT_ASKED = {
    "jobs.print_now": "its printer is named: the blob is made for the test below",
    "files.begin": "an upload belongs to nobody until it is a file", "files.add": "makes a file of the caller's own",
    "uploads.add": "makes one of the caller's own", "uploads.announce": "in a test of its own",
    "materials.put": "in a test of its own", "oauth.allow": "in a test of its own",
    "oauth.end": "the caller's own token",
    "actions.begin": "the API has asked for the printer before: a test of its own",
    "own_account.add_token": "the caller's own", "own_account.change_email": "the caller's own",
    "own_account.change_password": "the caller's own", "own_account.sessions": "the caller's own",
    "own_account.tokens": "the caller's own", "oauth.consents": "the caller's own", "jobs.expect": "waits for a print",
    "clusters.team_counts": "answers with what it was asked for, and how often it was found: never here",
}  # fmt: skip


def methods():
    """(name, function, its arguments) of all that a caller can ask."""
    services = {name: kind for name, kind in typing.get_type_hints(Core).items() if inspect.isclass(kind)}
    for service, kind in services.items():
        for name, method in inspect.getmembers(kind, inspect.isfunction):
            arguments = list(inspect.signature(method).parameters.values())[1:]
            asked = arguments and arguments[0].name == "principal"
            if asked and not name.startswith("_") and kind not in {Credentials, Sessions}:
                yield f"{service}.{name}", arguments[1:]


def filled(arguments, things):
    """Values for the arguments that a call needs, with things of somebody's; and whether one of them was named."""
    given, named = {}, False
    for argument in arguments:
        if argument.name in LISTS:
            many = frozenset({things[LISTS[argument.name]]})
            given[argument.name] = many if argument.name == "job_ids" else tuple(many)
            named = True
        elif argument.name in things:
            given[argument.name], named = things[argument.name], True
        elif argument.default is argument.empty and argument.kind is not argument.VAR_KEYWORD:
            given[argument.name] = made_up(argument)
    return given, named


def made_up(argument):
    """A value for an argument that names nothing; another kind of one needs a row in FILLED."""
    if argument.name in FILLED:
        return FILLED[argument.name]
    kind = typing.get_origin(argument.annotation) or argument.annotation
    assert kind in MADE_UP, f"{argument} has no row in FILLED"
    return MADE_UP[kind]


async def outcome(core, name, given, principal=EVE):
    """What a call gives, or the error that it raises."""
    service, _, method = name.partition(".")
    try:
        answer = getattr(getattr(core, service), method)(principal, **given)
        return await answer if inspect.isawaitable(answer) else answer
    except CoreError as error:
        return error


def secrets_in(answer, things, given):
    """What an answer gives away beyond what was asked with."""
    told, asked = repr(answer), repr(given)
    ids = [value for name, value in things.items() if name not in {"organization_id", "preparation_id"}]
    return [word for word in ("secret", "Secret", "Luke", "Leia", "Ann", *ids) if word in told and word not in asked]


async def test_what_is_anothers_is_as_unknown_as_what_is_not_there(yard, theirs):
    unknown = {name: f"nobody-{name}" for name in theirs}
    wrong, seen = [], set()
    for name, arguments in methods():
        seen.add(name)
        if name in NOT_ASKED:
            continue
        given, named = filled(arguments, theirs)
        answer = await outcome(yard.core, name, given)
        if given_away := secrets_in(answer, theirs, given):
            wrong.append(f"{name} tells of {given_away}")
        if not named:
            if isinstance(answer, CoreError) and not isinstance(answer, Forbidden | NotFound):
                wrong.append(f"{name} raises {answer!r}")
            continue
        absent = await outcome(yard.core, name, filled(arguments, unknown)[0])
        refused = isinstance(answer, NotFound | Forbidden) and (type(answer), str(answer)) == (
            type(absent),
            str(absent),
        )
        if not refused and (answer or absent or type(answer) is not type(absent)):
            wrong.append(f"{name}: {answer!r}, but {absent!r} for what is not there")
    assert not wrong, "\n".join(wrong)
    assert set(NOT_ASKED) <= seen, f"rows without a method: {set(NOT_ASKED) - seen}"


async def test_nothing_of_it_has_changed_and_its_owner_sees_it(yard, theirs):
    """The oracle of the test above: the same calls find their things when those ask whose they are."""
    for name, arguments in methods():
        if (
            name.rpartition(".")[2] in {"get", "machine", "tasks", "files", "comments", "user"}
            and name not in NOT_ASKED
        ):
            answer = await outcome(yard.core, name, filled(arguments, theirs)[0], ADMIN)
            assert not isinstance(answer, CoreError), (name, answer)
    assert await yard.core.standings.group(ADMIN, theirs["group_id"]) == {}
    assert (await yard.core.jobs.get(ADMIN, theirs["job_id"])).state is JobState.WAITING_APPROVAL


async def test_what_somebody_makes_is_their_own_organizations(yard, theirs):
    core = yard.core
    printer = await core.printers.add(EVE, "Vader", "scripted", {})
    await yard.settle()
    assert printer.organization_id == ELSEWHERE
    assert [shown.printer.name for shown in core.printers.all(EVE)] == ["Vader"]
    assert {shown.printer.name for shown in core.printers.all(ADMIN)} == {"Luke", "Leia"}
    job = await core.jobs.print_now(EVE, printer.id, await yard.blob(), Claims(name="own"))
    group = await core.groups.create(EVE, "Own farm")
    upload = await core.uploads.announce(EVE, announced())
    project = await core.library.add(EVE, "Own", shared=True)
    team = await core.teams.add(EVE, "Secret team")  # the name is taken elsewhere, which nobody here can know
    token, _ = await core.accounts.add_token(EVE, "ci", Role.MEMBER)
    client, _ = await core.oauth.clients.add(EVE, "Own", [], loopback=True)
    await yard.settle()
    made = [job.id, group.id, upload.id, project.id, team.id, token.id, client.client_id, printer.id]
    for name, arguments in methods():
        if name not in NOT_ASKED and not filled(arguments, theirs)[1] and not arguments:
            told = repr(await outcome(core, name, {}, MEMBER))
            assert not [one for one in made if one in told], name
    facts = repr(await core.history.page(ADMIN, limit=500))
    assert not [one for one in made if one in facts]
    hers = repr(await core.history.page(EVE, limit=500))
    assert all(one in hers for one in (job.id, team.id, token.id, printer.id))


async def test_things_of_two_organizations_are_never_put_together(yard, theirs):
    core = yard.core
    vader = await core.printers.add(EVE, "Vader", "scripted", {})
    await yard.settle()
    file = await core.files.add(EVE, "own.gcode", await yard.blob())
    team, group = await core.teams.add(EVE, "Own"), await core.groups.create(EVE, "Own")
    cluster, later = (await core.clusters.all(EVE))[0], after(yard.clock.now(), 9)
    put_together = {
        "their file here": core.jobs.submit(EVE, Id(vader.group_id), theirs["file_id"], Claims(name="x")),
        "a file there": core.jobs.submit(EVE, theirs["group_id"], file.id, Claims(name="x")),
        "a print there": core.jobs.print_now(EVE, theirs["printer_id"], await yard.blob(), Claims(name="x")),
        "their printer in a group": core.groups.join(EVE, group.id, theirs["printer_id"]),
        "a printer in their group": core.groups.join(EVE, theirs["group_id"], vader.id),
        "their person in a team": core.teams.join(EVE, team.id, [theirs["user_id"]]),
        "an upload in their project": core.uploads.announce(EVE, announced(project_id=theirs["project_id"])),
        "their printer in a report": core.reports.ask(EVE, (theirs["printer_id"],), yard.clock.now(), later),
        "a file on their printer": core.preparations.analysis(EVE, file.id, theirs["printer_id"], 1.0),
        "their file on a printer": core.preparations.analysis(EVE, theirs["file_id"], vader.id, 1.0),
        "a cluster for their team": core.clusters.share(
            EVE, cluster.id, organization_shared=False, team_ids=(theirs["team_id"],)
        ),
        "their program": core.oauth.allow(
            EVE, Request(theirs["client_id"], CALLBACK, ("yard.read",), frozenset(), S256)
        ),
        "a person there": core.accounts.add_user(EVE, "Mallory", Role.ADMIN, organization_id="home"),
    }
    outcomes = dict(
        zip(put_together, await asyncio.gather(*put_together.values(), return_exceptions=True), strict=True)
    )
    assert not [name for name, answer in outcomes.items() if not isinstance(answer, NotFound | Forbidden)], outcomes


async def test_a_material_of_one_organization_is_not_the_others(yard, theirs):
    materials = yard.core.materials
    own = Material(guid=GUID, version=1, brand="Own", material="PLA", color="Blue", organization_id=ELSEWHERE)
    await materials.put(EVE, own)
    assert (await materials.get(ADMIN, GUID)).brand == "Secret"
    await materials.remove(EVE, GUID)
    assert (await materials.get(ADMIN, GUID)).brand == "Secret"
    shared = next(each for each in await materials.all(EVE) if each.preloaded)
    assert shared in await materials.all(ADMIN)
    await materials.remove(EVE, shared.guid)
    assert shared not in await materials.all(EVE)
    assert shared in await materials.all(ADMIN)


async def test_a_name_is_one_persons_in_the_whole_yard_but_only_administrators_here_are_told_who(yard, theirs):
    """Who signs in names no organization: so a name that is taken elsewhere cannot be given."""
    with pytest.raises(CoreError) as told:
        await yard.core.accounts.add_user(EVE, "Ann", Role.MEMBER)
    assert "home" not in str(told.value)
    assert await yard.core.accounts.users(EVE) == []


async def test_the_yard_itself_serves_every_organization(yard):
    """What runs by itself looks after all printers, not only those at home."""
    core = yard.core
    vader = (await core.printers.add(EVE, "Vader", "scripted", {})).id
    await yard.settle()
    public_id, _ = await core.access.ask(vader, "Cura", "eve")
    yard.device(vader).say(answers=((public_id, "allow"),))
    await yard.settle()
    assert (await core.access.check(vader, public_id)).value == "allowed"
    asked, _ = await core.access.ask(vader, "Cura", "eve")
    await yard.clock.advance(PENDING_SECONDS)
    assert (await core.access.check(vader, asked)).value == "expired"
    guest = replace(EVE, id="g", role=Role.GUEST)
    job = await core.jobs.print_now(guest, vader, await yard.blob(), Claims(name="x"))
    assert job.state is JobState.WAITING_APPROVAL
    await yard.clock.advance(APPROVAL_SECONDS)
    await core.jobs.expire()
    assert (await core.jobs.get(EVE, job.id)).state is JobState.ENDED
