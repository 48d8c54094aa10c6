"""Reports as CSV and XLSX: typed numbers, and no text that a spreadsheet would run.

A report's records (mappings of plain values) become rows: those of the report's own part in a CSV
file, every part on a sheet of its own in a workbook, beside a summary of what stands alone.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import xlsxwriter

_RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_SHEET_NAME_MAX = 31
_SUMMARY = "summary"
# Workbooks carry their date of making; a fixed one makes the same report the same bytes.
_MADE = datetime(2000, 1, 1, tzinfo=UTC)


class Table(NamedTuple):
    """One table: its name, its columns, and rows of plain values."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def tables(values: Mapping[str, Any]) -> list[Table]:
    """The summary of a report, then its parts."""
    single: list[tuple[Any, ...]] = []
    parts: list[Table] = []
    for name, value in values.items():
        if not isinstance(value, Mapping):
            single.append((name, value))
        elif _is_record(value):
            single += [(f"{name}.{field}", each) for field, each in value.items()]
        else:
            parts.append(_part(name, value))
    return [Table(_SUMMARY, ("name", "value"), tuple(single)), *parts]


def as_csv(values: Mapping[str, Any], rows: str) -> bytes:
    """The part of a report named `rows` (its summary where there is none) as UTF-8 CSV with a byte
    order mark, which spreadsheets need to read Chinese.
    """
    found = tables(values)
    table = next((each for each in found if rows and each.name == rows), found[0])
    return as_rows(table.columns, table.rows)


def as_rows(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Rows under their columns, written the same way."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(values: Mapping[str, Any]) -> bytes:
    """A workbook with a sheet for the summary and one for each part."""
    data = io.BytesIO()
    workbook = xlsxwriter.Workbook(data, {"in_memory": True})
    workbook.set_properties({"created": _MADE.replace(tzinfo=None)})
    bold = workbook.add_format({"bold": True})
    for table in tables(values):
        sheet = workbook.add_worksheet(table.name[:_SHEET_NAME_MAX])
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(table.columns):
            sheet.write_string(0, column, name, bold)
        for number, row in enumerate(table.rows, start=1):
            for column, cell in enumerate(row):
                _write(sheet, number, column, safe(cell))
    workbook.close()
    return data.getvalue()


def safe(cell: Any) -> Any:
    """A cell that nothing runs: text that looks like a formula gets an apostrophe in front."""
    if isinstance(cell, str) and cell.startswith(_RUN_BY_SPREADSHEETS):
        return f"'{cell}"
    return cell


def _write(sheet: Any, row: int, column: int, cell: Any) -> None:
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, int | float):
        sheet.write_number(row, column, cell)
    elif cell is not None:
        sheet.write_string(row, column, str(cell))


def _is_record(value: Any) -> bool:
    return isinstance(value, Mapping) and not any(isinstance(v, Mapping) for v in value.values())


def _part(name: str, value: Mapping[str, Any]) -> Table:
    records = list(_records(value, ()))
    fields = list(dict.fromkeys(field for _, record in records for field in record))
    rows = tuple(
        (".".join(path), *(record.get(field) for field in fields)) for path, record in records
    )
    return Table(name, ("key", *fields), rows)


def _records(
    value: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    for key, each in value.items():
        if _is_record(each):
            yield (*path, key), each
        elif isinstance(each, Mapping):
            yield from _records(each, (*path, key))
