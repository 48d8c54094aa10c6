"""Rows of an export of invoices or open items; what cannot be read is refused, line and column."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from arrears.billing_import.cells import Cells, id_and_number
from arrears.billing_import.mapping import Columns, ImportMap
from arrears.billing_import.table import Record, Sifted, Unreadable, read_table, sift
from arrears.errors import UsageError


@dataclass(frozen=True)
class InvoiceRow:
    """One invoice of the export; amounts in minor units, `line` its line in the file.

    `open` is what is left of `amount` where the export tells. A number that is no identifier
    stands beside the one made from it.
    """

    line: int
    customer: str
    name: str
    invoice: str
    issued: date
    due: date
    amount: int
    disputed: bool
    settled: date | None
    open: int | None = None
    customer_number: str | None = None
    invoice_number: str | None = None
    iban: str = ""


@dataclass(frozen=True)
class CreditRow:
    """A document below zero: what is left of it, above zero, and the invoice it is for, if told."""

    line: int
    customer: str
    name: str
    credit: str
    issued: date
    amount: int
    applies_to: str | None = None
    customer_number: str | None = None
    credit_number: str | None = None
    iban: str = ""


Row = InvoiceRow | CreditRow


def read_export(path: Path, mapping: ImportMap) -> Sifted[Row]:
    """Read an export of invoices or open items; a number that came before is refused.

    Raises UsageError when the file or its header cannot be read at all.
    """
    columns = mapping.columns
    if columns is None:
        raise UsageError(f"{path}: the map names no `columns` (or `payments`) for a CSV file")
    return sift(read_table(path, mapping.csv, columns.used()), _Reader(mapping, columns).row)


@dataclass(frozen=True)
class _Parties:
    customer: str
    name: str
    customer_number: str | None
    iban: str


class _Reader:
    def __init__(self, mapping: ImportMap, columns: Columns) -> None:
        self._map = mapping
        self._columns = columns
        self._cells = Cells(mapping)
        self._first_seen: dict[str, int] = {}

    def row(self, record: Record) -> Row:
        columns, cells = self._columns, self._cells
        customer_number = cells.number(record, columns.customer)
        number = cells.number(record, columns.invoice)
        issued = cells.day(record, columns.issued)
        cells.currency(record, columns.currency)
        amount = cells.amount(record, columns.amount)
        if amount == 0:
            raise Unreadable(columns.amount, "is zero: nothing is owed")
        customer, kept = id_and_number(customer_number)
        name = cells.label(record, columns.name) or customer_number
        parties = _Parties(customer, name, kept, cells.label(record, columns.iban))
        left = self._open(record, amount)
        document = (
            self._invoice(record, parties, number, issued, amount, left)
            if amount > 0
            else self._credit(record, parties, number, issued, amount if left is None else left)
        )
        self._refuse_repeated(number, record.line)
        return document

    def _invoice(
        self,
        record: Record,
        parties: _Parties,
        number: str,
        issued: date,
        amount: int,
        left: int | None,
    ) -> InvoiceRow:
        columns, cells = self._columns, self._cells
        invoice, kept = id_and_number(number)
        due = cells.day(record, columns.due)
        if due < issued:
            raise Unreadable(columns.due, f"{due} is before the invoice was issued, on {issued}")
        disputed = cells.word(
            record, columns.disputed, self._map.disputed_true, self._map.disputed_false
        )
        settled = self._settled(record)
        if settled is not None and left:
            column = columns.open or columns.amount
            raise Unreadable(column, "is not zero, though the row says when it was settled")
        return InvoiceRow(
            line=record.line,
            customer=parties.customer,
            name=parties.name,
            invoice=invoice,
            issued=issued,
            due=due,
            amount=amount,
            disputed=disputed,
            settled=settled,
            open=left,
            customer_number=parties.customer_number,
            invoice_number=kept,
            iban=parties.iban,
        )

    def _credit(
        self, record: Record, parties: _Parties, number: str, issued: date, left: int
    ) -> CreditRow:
        columns, cells = self._columns, self._cells
        if self._settled(record) is not None and left:
            column = columns.settled or columns.amount
            raise Unreadable(column, "a credit note was settled, but not by what: leave it out")
        applies_to = cells.text(record, columns.applies_to) and cells.number(
            record, columns.applies_to or ""
        )
        credit, kept = id_and_number(number)
        return CreditRow(
            line=record.line,
            customer=parties.customer,
            name=parties.name,
            credit=credit,
            issued=issued,
            amount=-left,
            applies_to=id_and_number(applies_to)[0] if applies_to else None,
            customer_number=parties.customer_number,
            credit_number=kept,
            iban=parties.iban,
        )

    def _open(self, record: Record, amount: int) -> int | None:
        """What is left of the amount: of its sign, and not more."""
        column = self._columns.open
        if column is None:
            return None
        left = self._cells.amount(record, column)
        if left and (left > 0) != (amount > 0):
            raise Unreadable(column, "has another sign than the amount")
        if abs(left) > abs(amount):
            raise Unreadable(column, "is more than the amount")
        return left

    def _settled(self, record: Record) -> date | None:
        column = self._columns.settled
        if column is None or self._cells.text(record, column) in self._map.unsettled:
            return None
        return self._cells.day(record, column)

    def _refuse_repeated(self, number: str, line: int) -> None:
        first = self._first_seen.setdefault(number, line)
        if first != line:
            reason = f"'{number}' stands on line {first} already"
            raise Unreadable(self._columns.invoice, reason)
