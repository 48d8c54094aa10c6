"""Rows of an export, read by a map; what cannot be read is refused with its line and column."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from arrears.billing_import.mapping import ImportMap
from arrears.errors import UsageError

_IDENTIFIER = re.compile(r"[A-Za-z0-9_.:-]{1,120}\Z")  # room for a prefix within the 128 allowed
_AMOUNT_MAX = 10**15


@dataclass(frozen=True)
class InvoiceRow:
    """One invoice of the export; `amount` is in minor units, `line` its line in the file."""

    line: int
    customer: str
    name: str
    invoice: str
    issued: date
    due: date
    amount: int
    disputed: bool
    settled: date | None


@dataclass(frozen=True)
class Refusal:
    """A row that was not taken."""

    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}, column '{self.column}': {self.reason}"


class _Unreadable(Exception):
    def __init__(self, column: str, reason: str) -> None:
        self.column = column
        self.reason = reason
        super().__init__(reason)


def read_rows(path: Path, mapping: ImportMap) -> Iterator[InvoiceRow | Refusal]:
    """Read the export row by row; an invoice number seen before is refused.

    Raises UsageError when the file or its header cannot be read at all.
    """
    try:
        with path.open(encoding=mapping.encoding, newline="") as file:
            yield from _rows(csv.DictReader(file, delimiter=mapping.delimiter), path, mapping)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is not {mapping.encoding} text at byte {error.start}") from error
    except csv.Error as error:
        raise UsageError(f"{path}: {error}") from error


def _rows(
    reader: "csv.DictReader[str]", path: Path, mapping: ImportMap
) -> Iterator[InvoiceRow | Refusal]:
    header = reader.fieldnames or []
    missing = [name for name in mapping.columns.used() if name not in header]
    if missing:
        there = ", ".join(header) or "none"
        raise UsageError(f"{path}: line 1: no column '{missing[0]}'; the columns are {there}")
    first_seen: dict[str, int] = {}
    parse = _Reader(mapping)
    for row in reader:
        line = reader.line_num
        try:
            invoice = parse.row(row, line)
            _refuse_repeated(invoice, first_seen, mapping)
        except _Unreadable as problem:
            yield Refusal(line, problem.column, problem.reason)
        else:
            yield invoice


def _refuse_repeated(row: InvoiceRow, first_seen: dict[str, int], mapping: ImportMap) -> None:
    first = first_seen.setdefault(row.invoice, row.line)
    if first != row.line:
        reason = f"invoice '{row.invoice}' stands on line {first} already"
        raise _Unreadable(mapping.columns.invoice, reason)


class _Reader:
    """Reads the fields of a row; remembers dates, which repeat a lot."""

    def __init__(self, mapping: ImportMap) -> None:
        self._map = mapping
        self._columns = mapping.columns
        self._dates: dict[str, date] = {}
        self._true = {word.casefold() for word in mapping.disputed_true}
        self._false = {word.casefold() for word in mapping.disputed_false}

    def row(self, row: dict[str, str | None], line: int) -> InvoiceRow:
        if None in row:  # csv keeps surplus fields under None
            raise _Unreadable(self._columns.customer, "the row has more fields than the header")
        columns = self._columns
        customer = self._identifier(row, columns.customer)
        return InvoiceRow(
            line=line,
            customer=customer,
            name=(self._text(row, columns.name) if columns.name else "") or customer,
            invoice=self._identifier(row, columns.invoice),
            issued=self._date(row, columns.issued),
            due=self._date(row, columns.due),
            amount=self._amount(row, columns.amount),
            disputed=self._disputed(row),
            settled=self._settled(row),
        )

    def _text(self, row: dict[str, str | None], column: str) -> str:
        value = row.get(column)
        if value is None:
            raise _Unreadable(column, "the row ends before this column")
        return value.strip()

    def _identifier(self, row: dict[str, str | None], column: str) -> str:
        text = self._text(row, column)
        if not text:
            raise _Unreadable(column, "is empty")
        if not _IDENTIFIER.match(text):
            raise _Unreadable(
                column, f"'{text}' is not an identifier (1 to 120 of A-Z a-z 0-9 . _ : -)"
            )
        return text

    def _date(self, row: dict[str, str | None], column: str) -> date:
        text = self._text(row, column)
        if text not in self._dates:
            self._dates[text] = self._parsed_date(text, column)
        return self._dates[text]

    def _parsed_date(self, text: str, column: str) -> date:
        if not text:
            raise _Unreadable(column, "is empty")
        for form in self._map.dates:
            try:
                return datetime.strptime(text, form).date()  # noqa: DTZ007 - a date has no zone
            except ValueError:
                continue
        raise _Unreadable(
            column, f"'{text}' is not a date written as {' or '.join(self._map.dates)}"
        )

    def _amount(self, row: dict[str, str | None], column: str) -> int:
        text = self._text(row, column)
        plain = text
        if self._map.thousands_mark:
            plain = plain.replace(self._map.thousands_mark, "")
        elif self._map.decimal_mark == "," and "." in plain:
            raise _Unreadable(column, f"'{text}' is not an amount: the decimal mark is ','")
        plain = plain.replace(self._map.decimal_mark, ".")
        try:
            minor = Decimal(plain).scaleb(self._map.minor_digits)
        except InvalidOperation:
            raise _Unreadable(column, f"'{text}' is not an amount") from None
        return self._whole_minor(minor, text, column)

    def _whole_minor(self, minor: Decimal, text: str, column: str) -> int:
        if not minor.is_finite():
            raise _Unreadable(column, f"'{text}' is not an amount")
        if minor != minor.to_integral_value():
            raise _Unreadable(column, f"'{text}' has more than {self._map.minor_digits} decimals")
        if not 0 < minor <= _AMOUNT_MAX:
            raise _Unreadable(column, f"'{text}' is not an amount above zero that can be owed")
        return int(minor)

    def _disputed(self, row: dict[str, str | None]) -> bool:
        column = self._columns.disputed
        if column is None:
            return False
        word = self._text(row, column).casefold()
        if word not in self._true and word not in self._false:
            raise _Unreadable(column, f"'{word}' is in neither disputed_true nor disputed_false")
        return word in self._true

    def _settled(self, row: dict[str, str | None]) -> date | None:
        column = self._columns.settled
        if column is None or self._text(row, column) in self._map.unsettled:
            return None
        return self._date(row, column)
