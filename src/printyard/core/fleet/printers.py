"""The fleet as callers see it: look at printers, change what the yard decides about them, send them commands."""

import uuid
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import replace

from printyard.core.access.rules import require
from printyard.core.commands import AnswerQuestion, AskQuestion, ClearPlate, Command, Rename, StartPrint
from printyard.core.deadline import within
from printyard.core.errors import Conflict, Forbidden, Invalid, NotFound, TimedOut, Unsupported
from printyard.core.events import Fact, FactName
from printyard.core.fleet.board import Snapshot, SnapshotBoard
from printyard.core.fleet.bounds import check_bounds
from printyard.core.fleet.following import plate_fact
from printyard.core.fleet.session import PrinterSession
from printyard.core.fleet.step import NOTHING, Step
from printyard.core.fleet.supervisor import Opened, Supervisor
from printyard.core.jobs.orphans import REMOVED, orphan, without_printer
from printyard.core.jobs.states import fact_of
from printyard.core.model.machine import MachineModel
from printyard.core.model.printer import Printer, PrinterRecord, slug_of, stem_of
from printyard.core.model.state import Plate
from printyard.core.model.user import EVERYTHING, Principal, Right
from printyard.core.model.value import Instant
from printyard.core.organizations import organization_of
from printyard.core.ports.driver import DriverSpec
from printyard.core.ports.facets import Facets
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock, Ids

NAME_LIMIT = 100

RIGHTS: dict[type[Command], Right] = {Rename: Right.CONFIGURE, AskQuestion: Right.MANAGE}
"""The right that a command takes; CONTROL for all that are not named here."""

ACCESS = "access"
"""The subject of a question whose answer gives somebody access: who answers it must be allowed to."""

DECIDED = frozenset({"enabled", "in_maintenance", "note", "country"})
"""What people decide about a printer; the rest of its record is the session's."""


class Printers:
    """All printers of the yard."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ids: Ids,
        board: SnapshotBoard,
        supervisor: Supervisor,
        drivers: dict[str, DriverSpec],
    ) -> None:
        self.board = board
        self._store, self._clock, self._ids = store, clock, ids
        self._supervisor, self._drivers = supervisor, drivers

    def get(self, principal: Principal, printer_id: str) -> Snapshot:
        """A printer's newest snapshot. Raises NotFound."""
        require(principal, Right.READ)
        return self.board.get(principal.scope, printer_id)

    def all(self, principal: Principal) -> list[Snapshot]:
        """Every printer that the caller may see."""
        require(principal, Right.READ)
        return self.board.all(principal.scope)

    def of_machine(self, machine_id: str) -> frozenset[str]:
        """The ids of all printers of one kind: for doors, which narrow a scope to them."""
        shown = self.board.all(EVERYTHING)
        return frozenset(one.printer.id for one in shown if one.printer.model_id == machine_id)

    def by_slug(self, slug: str) -> str | None:
        """The id behind a slug: for doors, before anybody is known."""
        return self.board.by_slug(slug)

    def machine(self, principal: Principal, printer_id: str) -> MachineModel:
        """What kind of machine it is. Raises NotFound."""
        self.get(principal, printer_id)
        return self._supervisor.machine(printer_id)

    def facets(self, principal: Principal, printer_id: str, right: Right = Right.READ) -> Facets:
        """What else the device has; who is going to change something names the right for it. Raises NotFound."""
        require(principal, right)
        self.get(principal, printer_id)
        return self._supervisor.opened(printer_id).driver.facets

    async def wait_for(
        self, principal: Principal, printer_id: str, predicate: Callable[[Snapshot], bool], seconds: float
    ) -> Snapshot:
        """The first snapshot that is as wanted. Raises TimedOut, NotFound."""
        require(principal, Right.READ)
        try:
            return await within(self._clock, seconds, self.board.wait_for(principal.scope, printer_id, predicate))
        except TimeoutError as error:
            raise TimedOut("The printer did not get there in time.") from error

    def drivers(self, principal: Principal) -> list[DriverSpec]:
        """The drivers that a printer can have, by name."""
        require(principal, Right.READ)
        return [self._drivers[name] for name in sorted(self._drivers)]

    async def ask(self, principal: Principal, printer_id: str, command: Command) -> None:
        """Send a command; returns when the device has accepted it, before its effect can be seen.

        Raises Forbidden (also for a print, which is a job and goes through the queue), NotFound, Invalid (a figure that
        the machine cannot have), Unsupported, Offline, Busy, Conflict, Refused, TimedOut.
        """
        require(principal, RIGHTS.get(type(command), Right.CONTROL))
        if isinstance(command, StartPrint):
            raise Forbidden("A print is handed in as a job.")
        opened = self._opened(principal, printer_id)
        asked = opened.session.state.attention
        if isinstance(command, AnswerQuestion) and asked is not None and asked.subject == ACCESS:
            require(principal, Right.MANAGE)
        check_bounds(command, self._supervisor.machine(printer_id))
        await opened.route.send(command, principal.id)

    async def add(self, principal: Principal, name: str, driver: str, settings: dict[str, Any]) -> Printer:
        """Add a printer and begin to drive it. Raises Invalid (name, driver, settings), Forbidden."""
        require(principal, Right.ADMINISTER)
        spec = self._drivers.get(driver)
        if spec is None:
            raise Invalid(f"There is no driver {driver!r}; there are {', '.join(sorted(self._drivers))}.")
        try:
            machine_id = spec.identify(msgspec.convert(settings, spec.settings, strict=False))
        except msgspec.ValidationError as error:
            raise Invalid(f"The settings do not fit the driver: {error}.") from error
        clean = _name(name)
        printer_id, now = self._ids.new(), self._clock.now()
        guid = device_guid(self._ids.secret(16))

        def work(tx: Transaction) -> Printer:
            taken = tx.printers.slugs(stem_of(clean))
            printer = Printer(
                id=printer_id, organization_id=organization_of(principal), group_id=printer_id,
                slug=slug_of(clean, taken), name=clean,
                driver=driver, model_id=machine_id, device_guid=guid, created_at=now,
                created_by=principal.id, settings=settings,
            )  # fmt: skip
            stored = tx.printers.put(printer)
            tx.printers.put_record(PrinterRecord(printer_id=printer_id))
            tx.events.append([_fact(stored, FactName.PRINTER_ADDED, now, principal.id, {"driver": driver})])
            return stored

        printer = await self._store.write(work)
        await self._supervisor.open(printer)
        return printer

    async def remove(self, principal: Principal, printer_id: str) -> None:
        """Take a printer out of the yard; its history stays. Raises NotFound, Forbidden, Conflict (declared)."""
        require(principal, Right.ADMINISTER)
        session = self._opened(principal, printer_id).session
        if session.printer.declared:
            raise Conflict("The configuration file declares this printer; take it out there.")
        now = self._clock.now()

        def work() -> Step:
            printer = replace(session.printer, deleted_at=now)
            facts = [_fact(printer, FactName.PRINTER_REMOVED, now, principal.id)]
            job = session.job
            held = None if job is None else job.id

            def also(tx: Transaction) -> None:
                orphan(tx, session.printer, REMOVED, actor=principal.id, but=held)

            if job is None or job.ended:
                return Step(printer=printer, facts=tuple(facts), also=also)
            alone = len(self.board.members(printer.group_id)) == 1
            gone = without_printer(job, now, alone=alone)
            return Step(printer=printer, jobs=(gone,), holds=None, facts=(*facts, fact_of(gone, now)), also=also)

        await session.change(work)
        await self._supervisor.close(printer_id)

    async def rename(self, principal: Principal, printer_id: str, name: str) -> None:
        """Give it another name (its slug stays), here and on its display. Raises Invalid, Conflict."""
        require(principal, Right.CONFIGURE)
        opened, clean = self._opened(principal, printer_id), _name(name)
        session = opened.session
        if session.printer.declared:
            raise Conflict("The configuration file names this printer; change it there.")
        if Rename.word in session.state.accepts:
            await opened.route.send(Rename(name=clean), principal.id)
        await session.change(
            lambda: Step(
                printer=replace(session.printer, name=clean),
                facts=(self._changed(session, principal, {"name": clean}),),
            )
        )

    async def decide(self, principal: Principal, printer_id: str, **changes: Any) -> None:  # noqa: ANN401
        """Change what the yard decides: `enabled`, `in_maintenance`, `note`, `country`. Raises NotFound, Invalid."""
        require(principal, Right.MANAGE)
        if unknown := set(changes) - DECIDED:
            raise Invalid(f"The yard does not decide {', '.join(sorted(unknown))}.")
        session = self._opened(principal, printer_id).session
        await session.change(
            lambda: Step(
                record=replace(session.record, **changes), facts=(self._changed(session, principal, dict(changes)),)
            )
        )

    async def clear_plate(self, principal: Principal, printer_id: str) -> None:
        """The print was taken off. Raises Conflict where nothing lies on the plate, or a print is under way."""
        require(principal, Right.CONTROL)
        opened = self._opened(principal, printer_id)
        session = opened.session
        if session.state.in_print:
            raise Conflict("A print is under way.")
        if session.record.plate is Plate.CLEAR:
            raise Conflict("The plate is clear.")
        if ClearPlate.word in session.state.accepts:
            await opened.route.send(ClearPlate(), principal.id)
        await session.change(lambda: self._cleared(session, principal))

    async def caught_up(self, printer_id: str) -> None:
        """Wait until the board shows what the log tells of a printer: a step is stored before it is shown.

        Raises NotFound, Offline (nobody drives it).
        """
        await self._supervisor.opened(printer_id).session.change(lambda: NOTHING)

    async def ask_for_access(self, printer_id: str, question_id: str, text: str, answers: tuple[str, ...]) -> None:
        """Ask on the printer's display whether somebody may have access. Raises Unsupported, Offline."""
        opened = self._supervisor.opened(printer_id)
        await opened.route.send(
            AskQuestion(question_id=question_id, text=text, answers=answers, subject=ACCESS), "system"
        )

    async def retract_question(self, printer_id: str, question_id: str, answer: str) -> None:
        """What the display asks was answered elsewhere."""
        try:
            opened = self._supervisor.opened(printer_id)
        except NotFound:
            return
        shown = opened.session.state.attention
        if shown is not None and shown.id == question_id and AnswerQuestion in opened.session.supports:
            await opened.route.send(AnswerQuestion(question_id=question_id, answer=answer), "system")

    def sandbox(self, principal: Principal, printer_id: str) -> Any:  # noqa: ANN401
        """The trouble-maker of a virtual printer. Raises Unsupported for a real one."""
        sandbox = self.facets(principal, printer_id, Right.MANAGE).sandbox
        if sandbox is None:
            raise Unsupported("Only a virtual printer has a sandbox.")
        return sandbox

    def _opened(self, principal: Principal, printer_id: str) -> Opened:
        self.board.get(principal.scope, printer_id)
        return self._supervisor.opened(printer_id)

    def _changed(self, session: PrinterSession, principal: Principal, body: dict[str, Any]) -> Fact:
        return _fact(session.printer, FactName.PRINTER_CHANGED, self._clock.now(), principal.id, body)

    def _cleared(self, session: PrinterSession, principal: Principal) -> Step:
        if session.record.plate is Plate.CLEAR:
            return Step()
        now = self._clock.now()
        record = replace(session.record, plate=Plate.CLEAR, plate_changed_at=now)
        facts = [plate_fact(session.printer, Plate.CLEAR, now, principal.id)]
        job = session.job
        if job is None or not job.ended:
            return Step(record=record, facts=tuple(facts))
        cleared = replace(job, cleared_at=now)
        return Step(record=record, jobs=(cleared,), holds=None, facts=tuple(facts))


def _name(name: str) -> str:
    clean = " ".join(name.split())
    if not clean or len(clean) > NAME_LIMIT or not clean.isprintable():
        raise Invalid(f"A printer's name has 1 to {NAME_LIMIT} printable characters.")
    return clean


def device_guid(secret: bytes) -> str:
    """A UUID4 for a device that has no GUID of its own."""
    return str(uuid.UUID(bytes=secret, version=4))


def _fact(printer: Printer, name: FactName, at: Instant, actor: str, body: dict[str, Any] | None = None) -> Fact:
    return Fact(
        name=name, at=at, organization_id=printer.organization_id, subject_kind="printer", subject_id=printer.id,
        printer_id=printer.id, actor=actor, body={"slug": printer.slug, "name": printer.name} | (body or {}),
    )  # fmt: skip
