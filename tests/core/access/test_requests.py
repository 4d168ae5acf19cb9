"""An application asks at a printer's door, and a person answers."""

import pytest
from msgspec.structs import replace

from printyard.core.access.credentials import hashed_pair
from printyard.core.access.requests import PENDING_LIMIT, PENDING_SECONDS
from printyard.core.commands import AnswerQuestion, AskQuestion
from printyard.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused, Throttled, Unauthenticated
from printyard.core.events import Fact, FactName
from printyard.core.fleet.printers import ACCESS
from printyard.core.model.state import Question
from printyard.core.model.user import HOME, GrantState, Role, Scope
from printyard.infra.bus.bell import LocalBell
from printyard.infra.db.store import open_store
from printyard.testing.clock import ManualClock
from printyard.testing.house import Devices, house
from printyard.testing.people import ADMIN, MEMBER, OPERATOR


@pytest.fixture
def access(yard):
    return yard.core.access


async def proved(yard, printer_id, public_id):
    _, grant = await yard.core.credentials.digest_pair(public_id)
    return yard.core.credentials.by_grant(grant, printer_id)


async def test_asked_allowed_and_used(yard, luke, access):
    public_id, key = await access.ask(luke, "Cura", "ann", "host", "")
    assert (len(public_id), len(key)) == (32, 64)
    assert await access.check(luke, public_id) is GrantState.PENDING
    pair, grant = await yard.core.credentials.digest_pair(public_id)
    assert pair == hashed_pair(public_id, key)
    with pytest.raises(Unauthenticated) as told:
        yard.core.credentials.by_grant(grant, luke)
    assert told.value.code == "pending"
    assert [pending.public_id for pending in await access.pending(OPERATOR)] == [public_id]
    await access.decide(OPERATOR, public_id, allow=True)
    assert await access.check(luke, public_id) is GrantState.ALLOWED
    principal = await proved(yard, luke, public_id)
    assert (principal.name, principal.role, principal.application) == ("ann", Role.MEMBER, "Cura")
    assert principal.scope == Scope(organization_id=HOME, printers=frozenset({luke}))
    assert await access.pending(OPERATOR) == []
    names = (FactName.ACCESS_REQUESTED, FactName.ACCESS_DECIDED)
    assert [fact.name for fact in await yard.facts(*names)] == list(names)


async def test_no_secret_is_in_the_log(yard, luke, access):
    public_id, key = await access.ask(luke, "Cura", "ann")
    await access.decide(OPERATOR, public_id, allow=True)
    pair = hashed_pair(public_id, key)
    text = repr(await yard.facts())
    assert not any(secret in text for secret in (key, pair.md5, pair.sha256))


async def test_denied(yard, luke, access):
    public_id, _ = await access.ask(luke, "Cura", "ann")
    await access.decide(OPERATOR, public_id, allow=False)
    assert await access.check(luke, public_id) is GrantState.DENIED
    with pytest.raises(Unauthenticated) as told:
        await proved(yard, luke, public_id)
    assert told.value.code == "denied"
    with pytest.raises(Conflict):
        await access.decide(OPERATOR, public_id, allow=True)


async def test_another_printers_grant_proves_nothing(yard, luke, access):
    leia = await yard.add_printer("Leia")
    public_id, _ = await access.ask(luke, "Cura", "ann")
    await access.decide(OPERATOR, public_id, allow=True)
    with pytest.raises(Unauthenticated):
        await proved(yard, leia, public_id)
    with pytest.raises(NotFound):
        await access.check(leia, public_id)


async def test_an_unanswered_request_expires(yard, luke, access):
    public_id, _ = await access.ask(luke, "Cura", "ann")
    await yard.clock.advance(PENDING_SECONDS - 1)
    assert await access.check(luke, public_id) is GrantState.PENDING
    await yard.clock.advance(1)
    assert await access.check(luke, public_id) is GrantState.EXPIRED
    assert await access.pending(OPERATOR) == []
    with pytest.raises(Conflict):
        await access.decide(OPERATOR, public_id, allow=True)


async def test_no_more_than_so_many_wait_at_one_printer(yard, luke, access):
    for _ in range(PENDING_LIMIT):
        await access.ask(luke, "flood", "x")
    with pytest.raises(Throttled):
        await access.ask(luke, "flood", "x")
    leia = await yard.add_printer("Leia")
    await access.ask(leia, "Cura", "ann")
    await yard.clock.advance(PENDING_SECONDS)
    await access.ask(luke, "Cura", "ann")


async def test_a_new_grant_with_the_same_exclusion_key_withdraws_the_old_one(yard, luke, access):
    grants = []
    for key in ("cura", "cura", "other", ""):
        public_id, _ = await access.ask(luke, "Cura", "ann", exclusion_key=key)
        await access.decide(OPERATOR, public_id, allow=True)
        grants.append(public_id)
    states = [await access.check(luke, public_id) for public_id in grants]
    assert states == [GrantState.REVOKED, GrantState.ALLOWED, GrantState.ALLOWED, GrantState.ALLOWED]
    with pytest.raises(Unauthenticated):
        await proved(yard, luke, grants[0])
    denied, _ = await access.ask(luke, "Cura", "ann", exclusion_key="cura")
    await access.decide(OPERATOR, denied, allow=False)
    assert await access.check(luke, grants[1]) is GrantState.ALLOWED, "only allowing withdraws"


async def test_revoked_at_once(yard, luke, access):
    public_id, _ = await access.ask(luke, "Cura", "ann")
    await access.decide(OPERATOR, public_id, allow=True)
    await proved(yard, luke, public_id)
    await access.revoke(OPERATOR, public_id)
    with pytest.raises(Unauthenticated):
        await proved(yard, luke, public_id)


async def test_who_decides(yard, luke, access):
    public_id, _ = await access.ask(luke, "Cura", "ann")
    with pytest.raises(Forbidden):
        await access.decide(MEMBER, public_id, allow=True)
    with pytest.raises(Forbidden):
        await access.decide(OPERATOR, public_id, allow=True, role=Role.ADMIN)
    leia = await yard.add_printer("Leia")
    elsewhere = replace(OPERATOR, scope=Scope(organization_id=HOME, printers=frozenset({leia})))
    for attempt in (access.decide(elsewhere, public_id, allow=True), access.revoke(elsewhere, public_id)):
        with pytest.raises(NotFound):
            await attempt
    await access.decide(ADMIN, public_id, allow=True, role=Role.OPERATOR)
    assert (await proved(yard, luke, public_id)).role is Role.OPERATOR


async def test_the_question_is_on_the_display_and_answered_there(yard, luke, access):
    public_id, _ = await access.ask(luke, "Cura", "ann")
    (asked,) = yard.device(luke).commands
    assert isinstance(asked, AskQuestion)
    assert (asked.question_id, asked.answers) == (public_id, ("allow", "deny"))
    question = Question(id=public_id, text=asked.text, answers=asked.answers, since=yard.clock.now())
    yard.device(luke).say(attention=question)
    yard.device(luke).say(attention=None, answers=((public_id, "allow"),))
    await yard.settle()
    assert await access.check(luke, public_id) is GrantState.ALLOWED
    decided = (await yard.facts(FactName.ACCESS_DECIDED))[0]
    assert decided.actor == f"display:{luke}"


@pytest.mark.parametrize(("down_seconds", "state"), [(60.0, GrantState.ALLOWED), (600.0, GrantState.EXPIRED)])
async def test_an_answer_that_was_recorded_just_before_the_power_went_counts(tmp_path, down_seconds, state):
    clock = ManualClock()
    devices = Devices(clock)
    async with house(tmp_path, clock=clock, devices=devices) as yard:
        luke = await yard.add_printer("Luke")
        public_id, _ = await yard.core.access.ask(luke, "Cura", "ann")
    answered = Fact(
        name=FactName.QUESTION_ANSWERED, at=clock.now(), organization_id=HOME, subject_kind="printer",
        subject_id=luke, printer_id=luke, body={"id": public_id, "answer": "allow"},
    )  # fmt: skip
    store = open_store(f"sqlite:///{tmp_path / 'printyard.db'}", clock, LocalBell(), readers=1)
    await store.write(lambda tx: tx.events.append([answered]))
    await store.close()
    await clock.advance(down_seconds)
    async with house(tmp_path, clock=clock, devices=devices, seed=1) as yard:
        await yard.settle()
        assert await yard.core.access.check(luke, public_id) is state


async def test_an_answer_on_another_printers_display_counts_for_nothing(yard, luke, access):
    leia = await yard.add_printer("Leia")
    public_id, _ = await access.ask(luke, "Cura", "ann")
    yard.device(leia).say(answers=((public_id, "allow"),))
    await yard.settle()
    assert await access.check(luke, public_id) is GrantState.PENDING


async def test_answered_elsewhere_the_question_leaves_the_display(yard, luke, access):
    public_id, _ = await access.ask(luke, "Cura", "ann")
    question = Question(id=public_id, text="?", answers=("allow", "deny"), since=yard.clock.now())
    yard.device(luke).say(attention=question)
    await yard.settle()
    yard.device(luke).refuse(AnswerQuestion, Refused("somebody is typing"))
    await access.decide(OPERATOR, public_id, allow=True)
    assert yard.device(luke).commands[-1] == AnswerQuestion(question_id=public_id, answer="allow")
    assert await access.check(luke, public_id) is GrantState.ALLOWED


async def test_a_printer_without_a_display_can_still_be_asked(yard, luke, access):
    yard.device(luke).lose()
    await yard.settle()
    public_id, _ = await access.ask(luke, "Cura", "ann")
    assert await access.check(luke, public_id) is GrantState.PENDING


async def test_a_request_needs_a_name_and_a_printer(yard, luke, access):
    with pytest.raises(Invalid):
        await access.ask(luke, "  ", "ann")
    with pytest.raises(NotFound):
        await access.ask("nobody", "Cura", "ann")


async def test_a_decision_on_a_removed_printer_is_not_lost_in_an_error(yard, luke, access):
    public_id, _ = await access.ask(luke, "Cura", "ann")
    await yard.core.printers.remove(ADMIN, luke)
    with pytest.raises(NotFound):
        await proved(yard, "another", "0" * 32)
    await access.revoke(ADMIN, public_id)


async def test_reactions_go_on_after_the_database_was_away(yard, luke, access):
    public_id, _ = await access.ask(luke, "Cura", "ann")
    other, _ = await access.ask(luke, "Mobile", "bob")
    yard.device(luke).say(answers=((public_id, "allow"),))
    read, failed = yard.store.read, []

    async def away(work):
        if not failed:
            failed.append(work)
            from printyard.core.errors import StorageFull

            raise StorageFull("away")
        return await read(work)

    yard.store.read = away
    await yard.settle()
    assert failed
    yard.device(luke).say(answers=((other, "deny"),))
    await yard.clock.advance(2)
    assert await access.check(luke, public_id) is GrantState.ALLOWED
    assert await access.check(luke, other) is GrantState.DENIED


async def test_a_member_gives_nobody_access_by_answering_the_display_from_afar(yard, luke, access):
    public_id, _ = await access.ask(luke, "Cura", "ann")
    asked = Question(id=public_id, text="?", answers=("allow", "deny"), since=yard.clock.now(), subject=ACCESS)
    yard.device(luke).say(attention=asked)
    await yard.settle()
    answer = AnswerQuestion(question_id=public_id, answer="allow")
    with pytest.raises(Forbidden):
        await yard.core.printers.ask(MEMBER, luke, answer)
    await yard.core.printers.ask(OPERATOR, luke, answer)
