"""What stands in the cells of a record: numbers, dates, amounts and words, read by a map."""

import re
from collections.abc import Sequence
from datetime import date, datetime

from arrears.billing_import.amounts import NotAnAmount
from arrears.billing_import.ids import identifier
from arrears.billing_import.mapping import ImportMap
from arrears.billing_import.table import Record, Unreadable
from contracts.words.identifiers import CHARACTER

FIRST_YEAR, LAST_YEAR = 1970, 2199
NUMBER_MAX, LABEL_MAX = 64, 200
_ID_ROOM = 120  # so that `settled-` fits before it
_PLAIN_ID = re.compile(rf"{CHARACTER}{{1,{_ID_ROOM}}}\Z")
_SPREADSHEET = re.compile(
    r"#{2,}\Z|#(N/A|NV|REF!|BEZUG!|VALUE!|WERT!|DIV/0!|NAME\?|NUM!|ZAHL!|NULL!)\Z"
    r"|[0-9]+([.,][0-9]+)?E\+[0-9]+\Z",
    re.IGNORECASE,
)


class Cells:
    """Reads cells by a map; each raises Unreadable. Remembers dates, which repeat a lot."""

    def __init__(self, mapping: ImportMap) -> None:
        self._map = mapping
        self._amounts = mapping.amounts
        self._dates: dict[str, date] = {}

    def text(self, record: Record, column: str | None) -> str:
        """A cell, empty where the map names no such column."""
        if column is None:
            return ""
        if column not in record.cells:
            raise Unreadable(column, "the row ends before this column")
        return record.cells[column]

    def number(self, record: Record, column: str) -> str:
        """A number as people write it: printable, and not one that a spreadsheet spoilt."""
        text = self.text(record, column)
        if not text:
            raise Unreadable(column, "is empty")
        if _SPREADSHEET.match(text):
            raise Unreadable(column, f"'{text}' is what a spreadsheet made of a number")
        if not text.isprintable():
            raise Unreadable(column, f"{text!r} has characters that cannot be printed")
        if len(text) > NUMBER_MAX and not _PLAIN_ID.match(text):
            raise Unreadable(column, f"'{text}' is longer than {NUMBER_MAX} characters")
        return text

    def label(self, record: Record, column: str | None) -> str:
        """A short text, empty where the map names no such column."""
        text = self.text(record, column)
        if len(text) > LABEL_MAX or not text.isprintable():
            raise Unreadable(column or "", f"is not a text of up to {LABEL_MAX} letters")
        return text

    def day(self, record: Record, column: str) -> date:
        """A date in one of the map's formats."""
        text = self.text(record, column)
        if text not in self._dates:
            self._dates[text] = self._parsed(text, column)
        return self._dates[text]

    def amount(self, record: Record, column: str) -> int:
        """A signed amount in minor units."""
        text = self.text(record, column)
        if not text:
            raise Unreadable(column, "is empty")
        try:
            return self._amounts.minor(text)
        except NotAnAmount as error:
            raise Unreadable(column, str(error)) from error

    def currency(self, record: Record, column: str | None) -> None:
        """Refuse a row in another currency than the map's."""
        text = self.text(record, column)
        if column is not None and text != self._map.currency:
            raise Unreadable(column, f"'{text}' is not {self._map.currency}, the map's currency")

    def word(
        self, record: Record, column: str | None, true: Sequence[str], false: Sequence[str]
    ) -> bool:
        """Yes or no in the map's words, upper or lower case alike; no without the column."""
        if column is None:
            return False
        word = self.text(record, column).casefold()
        yes, no = ({each.casefold() for each in words} for words in (true, false))
        if word not in yes and word not in no:
            raise Unreadable(column, f"'{word}' is in neither of the map's lists of words for it")
        return word in yes

    def _parsed(self, text: str, column: str) -> date:
        if not text:
            raise Unreadable(column, "is empty")
        formats = " or ".join(self._map.dates)
        days = {day for each in self._map.dates if (day := _day(text, each)) is not None}
        if not days:
            raise Unreadable(column, f"'{text}' is not a date written as {formats}")
        if len(days) > 1:
            raise Unreadable(column, f"'{text}' is one day or another, written as {formats}")
        (day,) = days
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise Unreadable(column, f"'{text}' is not within {FIRST_YEAR} to {LAST_YEAR}")
        return day


def _day(text: str, form: str) -> date | None:
    if any(letter.isdigit() and not letter.isascii() for letter in text):
        return None  # strptime takes the digits of any script
    try:
        return datetime.strptime(text, form).date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        return None


def id_and_number(number: str) -> tuple[str, str | None]:
    """A number's identifier, and the number itself where it is another text."""
    id_ = identifier(number)
    return id_, None if id_ == number else number
