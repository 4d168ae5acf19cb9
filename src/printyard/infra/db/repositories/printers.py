"""Printers and what the yard decides about them."""

import msgspec
from sqlalchemy import Connection, select

from printyard.core.errors import Conflict, NotFound
from printyard.core.model.printer import Printer, PrinterRecord
from printyard.core.model.user import EVERYTHING, Scope
from printyard.infra.db.rows import put_by_version, row_of, value_of
from printyard.infra.db.scope import within
from printyard.infra.db.tables import printer_records, printers

RECORD = [column for column in printer_records.c if column.name != "organization_id"]


class SqlPrinters:
    """core.ports.store.PrinterRows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, scope: Scope, printer_id: str) -> Printer:
        query = select(printers).where(
            printers.c.id == printer_id, printers.c.deleted_at.is_(None), within(scope, printers)
        )
        row = self._connection.execute(query).first()
        if row is None:
            raise NotFound("There is no such printer.")
        return value_of(Printer, row)

    def all(self, scope: Scope, *, removed: bool = False) -> list[Printer]:
        query = select(printers).where(within(scope, printers)).order_by(printers.c.created_at, printers.c.id)
        if not removed:
            query = query.where(printers.c.deleted_at.is_(None))
        return [value_of(Printer, row) for row in self._connection.execute(query)]

    def slugs(self, begin: str) -> frozenset[str]:
        query = select(printers.c.slug).where(printers.c.slug.startswith(begin, autoescape=True))
        return frozenset(self._connection.execute(query).scalars())

    def put(self, printer: Printer) -> Printer:
        version = put_by_version(self._connection, printers, row_of(printer), "printer")
        return msgspec.structs.replace(printer, version=version)

    def record(self, scope: Scope, printer_id: str) -> PrinterRecord:
        query = (
            select(*RECORD)
            .join(printers, printers.c.id == printer_records.c.printer_id)
            .where(printers.c.id == printer_id, printers.c.deleted_at.is_(None), within(scope, printers))
        )
        row = self._connection.execute(query).first()
        if row is None:
            raise NotFound("There is no such printer.")
        return value_of(PrinterRecord, row)

    def put_record(self, record: PrinterRecord) -> PrinterRecord:
        owner = select(printers.c.organization_id).where(
            printers.c.id == record.printer_id, within(EVERYTHING, printers)
        )
        organization_id = self._connection.execute(owner).scalar()
        if organization_id is None:
            raise Conflict("A printer's record needs its printer.")
        row = row_of(record) | {"organization_id": organization_id}
        version = put_by_version(self._connection, printer_records, row, "printer's record")
        return msgspec.structs.replace(record, version=version)
