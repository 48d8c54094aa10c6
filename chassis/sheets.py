"""Tables as files: CSV and workbooks for people, CSV for machines.

Cells are plain values, days and `Money`. People's files hold no text that a spreadsheet would run.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from contracts.words.formats import decimals, exact

CSV_TYPE = "text/csv; charset=utf-8; header=present"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_SHEET_NAME_MAX = 31
_DAY = "yyyy-mm-dd"
_LINE_END = "\r\n"
# Workbooks carry their date of making; a fixed one makes the same table the same bytes.
_MADE = datetime(2000, 1, 1, tzinfo=UTC)


class Money(NamedTuple):
    """An amount in minor units that a file shows with its currency's decimals."""

    amount: int
    currency: str


class Table(NamedTuple):
    """One table: its name, its columns, and rows of cells."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def for_spreadsheets(table: Table) -> bytes:
    """UTF-8 CSV with a byte order mark, which spreadsheets need to read Chinese."""
    return _csv(table.columns, ([safe(cell) for cell in row] for row in table.rows), "utf-8-sig")


def for_machines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """UTF-8 CSV (RFC 4180) without a byte order mark; texts are as they were given."""
    return _csv(columns, rows, "utf-8")


def workbook(tables: Iterable[Table]) -> bytes:
    """A workbook with a sheet for each table: numbers and days are what they say."""
    import xlsxwriter  # large, and nobody needs it to start

    data = io.BytesIO()
    book = xlsxwriter.Workbook(data, {"in_memory": True})
    book.set_properties({"created": _MADE.replace(tzinfo=None)})
    formats = _Formats(book)
    for table in tables:
        sheet = book.add_worksheet(table.name[:_SHEET_NAME_MAX])
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(table.columns):
            sheet.write_string(0, column, name, formats.of("bold"))
        for number, row in enumerate(table.rows, start=1):
            for column, cell in enumerate(row):
                _write(sheet, number, column, safe(cell), formats)
        sheet.autofit()
    book.close()
    return data.getvalue()


def safe(cell: Any) -> Any:
    """A cell that nothing runs: text that looks like a formula gets an apostrophe in front."""
    if isinstance(cell, str) and cell.startswith(_RUN_BY_SPREADSHEETS):
        return f"'{cell}"
    return cell


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Any]], encoding: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=_LINE_END)
    writer.writerow(columns)
    writer.writerows([_text(cell) for cell in row] for row in rows)
    return text.getvalue().encode(encoding)


def _text(cell: Any) -> Any:
    return f"{exact(*cell):f}" if isinstance(cell, Money) else cell


class _Formats:
    """The cell formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[str, Any] = {}

    def of(self, name: str) -> Any:
        """The format of a number pattern, or `bold`."""
        if name not in self._made:
            how = {"bold": True} if name == "bold" else {"num_format": name}
            self._made[name] = self._book.add_format(how)
        return self._made[name]


def _write(sheet: Any, row: int, column: int, cell: Any, formats: _Formats) -> None:
    match cell:
        case None:
            pass
        case bool():
            sheet.write_boolean(row, column, cell)
        case Money():
            shown = formats.of(_pattern(cell.currency))
            sheet.write_number(row, column, float(exact(*cell)), shown)
        case int() | float():
            sheet.write_number(row, column, cell)
        case date():
            sheet.write_datetime(row, column, cell, formats.of(_DAY))
        case _:
            sheet.write_string(row, column, str(cell))


def _pattern(currency: str) -> str:
    """The number pattern of a currency: `#,##0.00`."""
    digits = decimals(currency)
    return "#,##0" + (f".{'0' * digits}" if digits else "")
