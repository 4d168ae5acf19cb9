"""Printers that the configuration file declares: matched by slug, archived when they are no longer in it."""

from typing import Any

import msgspec
from msgspec.structs import replace

from printyard.core.errors import Invalid
from printyard.core.events import Fact, FactName
from printyard.core.fleet.printers import device_guid
from printyard.core.model.printer import SLUG, Printer, PrinterRecord
from printyard.core.model.user import EVERYTHING, HOME
from printyard.core.model.value import Instant, Value
from printyard.core.ports.driver import DriverSpec
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock, Ids


class Declared(Value):
    """A printer as the file has it."""

    slug: str
    name: str
    driver: str
    settings: dict[str, Any] = {}


async def declare(
    store: Store, clock: Clock, ids: Ids, drivers: dict[str, DriverSpec], wanted: tuple[Declared, ...]
) -> None:
    """Make the stored printers agree with the file, before any of them is opened. Raises Invalid."""
    models = {printer.slug: _model(printer, drivers) for printer in wanted}
    if len(models) != len(wanted):
        raise Invalid("The configuration declares two printers with the same slug.")
    fresh = {printer.slug: (ids.new(), device_guid(ids.secret(16))) for printer in wanted}
    now = clock.now()

    def work(tx: Transaction) -> None:
        stored = {printer.slug: printer for printer in tx.printers.all(EVERYTHING, removed=True)}
        for printer in wanted:
            known = stored.get(printer.slug) or _new(tx, printer, *fresh[printer.slug], now)
            _agree(tx, known, printer, models[printer.slug], now)
        for slug, known in stored.items():
            if known.declared and known.deleted_at is None and slug not in models:
                tx.printers.put(replace(known, deleted_at=now))
                tx.events.append([_fact(known, FactName.PRINTER_REMOVED, now)])

    await store.write(work)


def _model(printer: Declared, drivers: dict[str, DriverSpec]) -> str:
    """The kind of machine that it declares. Raises Invalid."""
    spec = drivers.get(printer.driver)
    if not SLUG.fullmatch(printer.slug) or spec is None:
        raise Invalid(f"The configuration declares the printer {printer.slug!r} with a bad slug or an unknown driver.")
    try:
        return spec.identify(msgspec.convert(printer.settings, spec.settings, strict=False))
    except (msgspec.ValidationError, ValueError) as error:
        raise Invalid(f"The settings of the printer {printer.slug!r} do not fit: {error}.") from error


def _new(tx: Transaction, printer: Declared, printer_id: Any, guid: str, now: Instant) -> Printer:  # noqa: ANN401
    made = tx.printers.put(Printer(
        id=printer_id, organization_id=HOME, group_id=printer_id, slug=printer.slug, name=printer.name,
        driver=printer.driver, model_id="", device_guid=guid, created_at=now, created_by="configuration",
    ))  # fmt: skip
    tx.printers.put_record(PrinterRecord(printer_id=printer_id))
    tx.events.append([_fact(made, FactName.PRINTER_ADDED, now)])
    return made


def _agree(tx: Transaction, known: Printer, printer: Declared, model_id: str, now: Instant) -> None:
    wanted = replace(
        known, name=printer.name, driver=printer.driver, settings=printer.settings, model_id=model_id,
        declared=True, deleted_at=None,
    )  # fmt: skip
    if wanted != known:
        tx.printers.put(wanted)
        tx.events.append([_fact(wanted, FactName.PRINTER_CHANGED, now)])


def _fact(printer: Printer, name: FactName, now: Instant) -> Fact:
    return Fact(
        name=name, at=now, organization_id=printer.organization_id, subject_kind="printer", subject_id=printer.id,
        printer_id=printer.id, actor="configuration", body={"slug": printer.slug, "name": printer.name},
    )  # fmt: skip
