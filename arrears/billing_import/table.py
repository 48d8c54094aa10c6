"""A CSV file as records that know their lines: every line of the file is accounted for."""

import codecs
import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from arrears.errors import UsageError

_DELIMITERS = ",;\t|"
_SHOWN_MAX = 300
_LINE_END = re.compile(r"\r\n|\n|\r")
_ONE_BYTE = re.compile(r"(cp|iso8859|latin|mac)")
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True)
class CsvForm:
    """How a file's text, lines and cells are told apart; `line_breaks` says that cells may have
    some.
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    header_line: int = 1
    line_breaks: bool = False


@dataclass(frozen=True)
class Record:
    """A row: its cells by column, the line it begins on, and how many lines it has."""

    line: int
    cells: dict[str, str]
    lines: int = 1


@dataclass(frozen=True)
class Refusal:
    """Something that was not taken; `column` is empty where the whole of it cannot be read."""

    line: int
    column: str
    reason: str
    lines: int = 1

    def __str__(self) -> str:
        column = f", column '{self.column}'" if self.column else ""
        return f"line {self.line}{column}: {self.reason}"


T = TypeVar("T")


class Unreadable(Exception):
    """A cell that cannot be taken, and why."""

    def __init__(self, column: str, reason: str) -> None:
        self.column = column
        self.reason = reason
        super().__init__(reason)


@dataclass
class Table:
    """A file's records, and the lines that are none: `above` is the header and what precedes it."""

    total: int
    above: int
    blank: int = 0
    records: list[Record | Refusal] = field(default_factory=list)


@dataclass
class Sifted(Generic[T]):
    """What was read of a table's records, what was refused, and how many lines were which."""

    rows: list[T]
    refusals: list[Refusal]
    lines: str
    """One sentence in which every line of the file is counted once."""


def sift(table: Table, read: Callable[[Record], T]) -> Sifted[T]:
    """Read each record; one that is Unreadable is refused."""
    rows: list[T] = []
    refusals: list[Refusal] = []
    taken = 0
    for record in table.records:
        if isinstance(record, Refusal):
            refusals.append(record)
            continue
        try:
            rows.append(read(record))
            taken += record.lines
        except Unreadable as problem:
            refusals.append(Refusal(record.line, problem.column, problem.reason, record.lines))
    refused = sum(refusal.lines for refusal in refusals)
    lines = (
        f"{table.total} lines: {table.above} of the header, {table.blank} blank, "
        f"{taken} taken, {refused} refused"
    )
    return Sifted(rows, refusals, lines)


def read_table(path: Path, form: CsvForm, wanted: Sequence[str]) -> Table:
    """Read a file; raises UsageError when it is no text of its encoding, or has not the columns
    wanted, each of them once.
    """
    lines = _LINE_END.split(read_text(path, form.encoding))
    if not lines[-1]:
        lines.pop()
    if not lines:
        raise UsageError(f"{path}: is empty")
    above = _header_line(lines, form)
    header = [cell.strip() for cell in _cells(lines[above - 1], form) or []]
    _check_header(path, above, header, form, wanted)
    table = Table(total=len(lines), above=above)
    for record in _records(lines, above, header, form):
        if isinstance(record, Record) and not any(record.cells.values()):
            table.blank += record.lines
        else:
            table.records.append(record)
    return table


def read_text(path: Path, encoding: str) -> str:
    """A file's text without a byte order mark; raises UsageError where the bytes do not fit."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    for mark, name in _MARKS.items():
        if content.startswith(mark) and not encoding.startswith((name, "utf-32")):
            raise UsageError(f"{path}: begins as {name} text, but the map says {encoding}")
    if _ONE_BYTE.match(encoding) and not content.isascii() and _decodes(content, "utf-8"):
        raise UsageError(f"{path}: is utf-8 text, but the map says {encoding}")
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = len(re.findall(rb"\r\n|\n|\r", content[: error.start])) + 1
        raise UsageError(
            f"{path}: line {line}: is not {encoding} text at byte {error.start}"
        ) from error


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _header_line(lines: Sequence[str], form: CsvForm) -> int:
    """The line of the header: the one the map names, or what follows blank lines and `sep=`."""
    number = form.header_line
    while number < len(lines) and lines[number - 1].strip() in {"", f"sep={form.delimiter}"}:
        number += 1
    return min(number, len(lines))


def _check_header(
    path: Path, line: int, header: Sequence[str], form: CsvForm, wanted: Sequence[str]
) -> None:
    for name in wanted:
        if header.count(name) > 1:
            raise UsageError(f"{path}: line {line}: the header has column '{name}' twice")
        if name not in header:
            there = ", ".join(header)[:_SHOWN_MAX] or "none"
            hint = _other_delimiter(header, form)
            raise UsageError(
                f"{path}: line {line}: no column '{name}'; the columns are {there}{hint}"
            )


def _other_delimiter(header: Sequence[str], form: CsvForm) -> str:
    found = [mark for mark in _DELIMITERS if mark != form.delimiter and mark in "".join(header)]
    if len(header) > 1 or not found:
        return ""
    return f" (are they parted by {found[0]!r}? The map's delimiter is {form.delimiter!r})"


def _records(
    lines: Sequence[str], above: int, header: Sequence[str], form: CsvForm
) -> Iterator[Record | Refusal]:
    index = above
    while index < len(lines):
        last = _last_line(lines, index, len(header), form)
        yield _record("\n".join(lines[index : last + 1]), index + 1, last - index + 1, header, form)
        index = last + 1


def _last_line(lines: Sequence[str], first: int, columns: int, form: CsvForm) -> int:
    """The line a row ends on: a later one only where the map allows line breaks in cells, the
    quotation mark closes, and no line in between looks like a row of its own.
    """
    if not form.line_breaks or _cells(lines[first], form) is not None:
        return first
    for last in range(first + 1, len(lines)):
        if _cells("\n".join(lines[first : last + 1]), form) is not None:
            return last
        if columns > 1 and lines[last].count(form.delimiter) >= columns - 1:
            break
    return first


def _cells(text: str, form: CsvForm) -> list[str] | None:
    """A row's cells, or None where a quotation mark in it does not close."""
    try:
        return next(csv.reader([text], delimiter=form.delimiter, strict=True), [])
    except csv.Error:
        return None


def _record(
    text: str, line: int, lines: int, header: Sequence[str], form: CsvForm
) -> Record | Refusal:
    cells = _cells(text, form)
    if cells is None:
        return _open_quote(text, line, header, form)
    surplus = cells[len(header) :]
    if any(cell.strip() for cell in surplus):
        reason = f"the row has {len(cells)} cells, more than the header's {len(header)}"
        return Refusal(line, "", reason, lines)
    named = zip(header, (cell.strip() for cell in cells), strict=False)
    return Record(line, dict(named), lines)


def _open_quote(text: str, line: int, header: Sequence[str], form: CsvForm) -> Refusal:
    cells = next(csv.reader([text], delimiter=form.delimiter), [])
    if len(cells) == len(header):
        return Refusal(line, "", "a quotation mark closes in the middle of a cell")
    column = header[len(cells) - 1] if 0 < len(cells) <= len(header) else ""
    hint = "" if form.line_breaks else " (cells with line breaks need `line_breaks: true`)"
    reason = f"a quotation mark that opens on this line does not close on it{hint}"
    return Refusal(line, column, reason)
