"""Reads a posting list that comes back filled in, line by line."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from chassis.errors import Malformed
from contracts.words.identifiers import is_identifier
from contracts.words.vocabulary import DELIVERY_RESULTS, DeliveryResult
from services.notifier.posting.columns import column_named, day_of, result_named

_DELIMITERS = ",;\t"
_CELL_MAX = 10_000
_RECEIPT_MAX = 64
_ROUNDED = re.compile(r"\d(?:\.\d+)?[Ee]\+\d+")
_GUARD = "'"
"""What the list puts before a text that a spreadsheet would run."""


@dataclass(frozen=True)
class Line:
    """What a line says of a letter, which it names by the notice, the receipt or both."""

    number: int
    notice_id: str
    receipt: str
    posted_on: date | None
    result: DeliveryResult | None
    result_on: date | None

    @property
    def says_nothing(self) -> bool:
        """Whether the post has not answered yet."""
        return not self.receipt and not self.result


@dataclass(frozen=True)
class Fault:
    """A line that was not taken, and why; the reason repeats nothing that names a person."""

    line: int
    reason: str


def read(content: bytes) -> Iterator[Line | Fault]:
    """The lines of a file in UTF-8 or GB 18030, separated by comma, semicolon or tab; the header is
    line 1.

    Raises `Malformed` for a file that is none or has no usable header.
    """
    text = _text(content)
    head = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    # A quotation mark that is never closed would swallow the lines after it.
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [column_named(cell) for cell in next(rows, [])]
        if not {"notice", "receipt"} & set(names):
            raise Malformed("line 1: no column is called 通知编号, 邮件号码, notice or receipt")
        for row in rows:
            if any(cell.strip() for cell in row):
                yield _line(rows.line_num, dict(zip(names, row, strict=False)))
    except csv.Error as error:
        raise Malformed(f"line {rows.line_num}: {error}") from None


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Malformed("the file is neither UTF-8 nor GB 18030")


def _line(number: int, row: Mapping[str, str]) -> Line | Fault:
    cells = {name: _cell(text) for name, text in row.items()}
    notice_id, receipt = cells.get("notice", ""), cells.get("receipt", "")
    result, posted_on = cells.get("result", ""), cells.get("posted on", "")
    result_on = cells.get("result on", "")
    if not notice_id and not receipt:
        return Fault(number, "names neither a notice nor a receipt")
    if notice_id and not is_identifier(notice_id):
        return Fault(number, "notice: not the id of one")
    if len(receipt) > _RECEIPT_MAX or not receipt.isprintable():
        return Fault(number, f"receipt: not a number of at most {_RECEIPT_MAX} characters")
    if _ROUNDED.fullmatch(receipt):
        return Fault(number, "receipt: a spreadsheet has rounded it; set the column to text")
    if posted_on and day_of(posted_on) is None:
        return Fault(number, "posted on: not a day (2026-03-10)")
    if result and result_named(result) is None:
        return Fault(number, f"result: none of {', '.join(DELIVERY_RESULTS)}")
    if result and day_of(result_on) is None:
        return Fault(number, "result on: a result wants its day (2026-03-10)")
    if result_on and not result:
        return Fault(number, "result: a day without a result")
    return Line(
        number,
        notice_id,
        receipt,
        day_of(posted_on),
        result_named(result),
        day_of(result_on),
    )


def _cell(text: str | None) -> str:
    return (text or "").strip()[:_CELL_MAX].removeprefix(_GUARD)
