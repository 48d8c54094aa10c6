"""Telephone numbers in a field: `0871-63512345 / 13800138000（妻子）`."""

import re

import phonenumbers
from babel.core import get_global
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from contracts.words.addresses.field import plain, without_remarks

_TAKES_TEXTS = frozenset(
    {
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.PAGER,
        PhoneNumberType.UNKNOWN,
    }
)
"""Where a country does not tell mobile numbers from others, all of them may."""
_SEPARATORS = re.compile(r"[;,、|:&\\]|\s(?=\+)")
_BARE = re.compile(r"\+?[0-9]+")
_DIALLED = re.compile(r"\+?\d[\d\s-]{0,5}")
_DIALLED_AFTER = re.compile(r"(?:^|[;,、/:|])\s*(?:\+\d{1,3}\s*)?$")
"""A country or area code in brackets stands before the number: `(0871)63512345`, `+44 (0)20`."""
_FIGURE = re.compile(r"(\d{7,})\.0+")
"""A spreadsheet took the number for a figure."""
_EXTENSION = re.compile(r"\s*(?:转|轉|分机|分機|内线|內線)\D{0,2}\d{1,6}$")
_SWITCHBOARD = re.compile(r"(.*\d)-\d{1,5}")
_GROWN_TOGETHER = re.compile(r"(?<=[^\W\d_])\.?(?=[\d+])|(?<=\d)(?=[^\W\d_])")
_WORDS = re.compile(r"\s\S*[^\W\d_]\S*(?=\s)")
_DIGITS_MIN, _DIGITS_MAX = 4, 25
_PARTS_MAX = 3
"""Of a number between strokes: country, area, the rest."""
_RUNNING = "01234567890123456789 98765432109876543210"
_CHINA = "CN"
_NOWHERE = "ZZ"


def phone_numbers(raw: str, channel: str, region: str) -> list[str]:
    """The numbers in a field the channel can use, each once, in E.164.

    `region` (ISO 3166) reads those written without a country code. A text message needs a number of
    a kind that takes texts, a call any valid one.
    """
    found = by_number(raw, region)
    return [one for one, texts in found.items() if texts or channel != "sms"]


def by_number(raw: str, region: str) -> dict[str, bool]:
    """The numbers in a field, in E.164, and whether each takes texts: for those who ask for more
    than one channel, since reading a number takes long.
    """
    return {_e164(one): takes_texts(one) for one in valid_numbers(raw, region)}


def region_of(time_zone: str) -> str:
    """The country (ISO 3166) of a time zone, whose people write their numbers without its code;
    China where it is that of none.
    """
    zone = get_global("zone_aliases").get(time_zone, time_zone)
    found: str = get_global("zone_territories").get(zone, "")
    return found if len(found) == len(_CHINA) and found != _NOWHERE else _CHINA


def valid_numbers(raw: str, region: str) -> list[PhoneNumber]:
    """All valid numbers of a field; those in brackets count only where there are no others."""
    if _BARE.fullmatch(raw):  # most are: nothing stands beside the number
        number = _number(raw, region)
        return [] if number is None else [number]
    outside, remarks = without_remarks(plain(raw), _is_code)
    return _all(outside, region) or _all(remarks, region)


def takes_texts(number: PhoneNumber) -> bool:
    """Whether text messages reach numbers of this kind."""
    return phonenumbers.number_type(number) in _TAKES_TEXTS


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _is_code(brackets: re.Match[str]) -> bool:
    before = brackets.string[: brackets.start()]
    return bool(_DIALLED.fullmatch(brackets[1].strip()) and _DIALLED_AFTER.search(before))


def _all(text: str, region: str) -> list[PhoneNumber]:
    return [one for piece in _SEPARATORS.split(text) for one in _of_piece(piece, region)]


def _of_piece(piece: str, region: str) -> list[PhoneNumber]:
    """Numbers between strokes; a stroke also stands behind an area code (`030/1234567`)."""
    parts, found = piece.split("/"), []
    while parts:
        for length in range(1, min(len(parts), _PARTS_MAX) + 1):
            numbers = _of_text("/".join(parts[:length]), region)
            if numbers:
                found += numbers
                del parts[: length - 1]
                break
        del parts[0]
    return found


def _of_text(text: str, region: str) -> list[PhoneNumber]:
    """Numbers between words; of what is dialled no part may be left over, since the rest would be
    somebody else's number.
    """
    apart = _GROWN_TOGETHER.sub(" ", _EXTENSION.sub("", _FIGURE.sub(r"\1", text.strip())))
    runs = _WORDS.split(f" {apart} ")
    return [one for run in runs for one in _of_run(run.split(), region)]


def _of_run(groups: list[str], region: str) -> list[PhoneNumber]:
    if not groups:
        return []
    whole = _number(" ".join(groups), region)
    if whole is not None:
        return [whole]
    for length in range(len(groups) - 1, 0, -1):
        head = _number(" ".join(groups[:length]), region)
        if head is not None and (rest := _of_run(groups[length:], region)):
            return [head, *rest]
    return []


def _number(text: str, region: str) -> PhoneNumber | None:
    number = _valid(text, region)
    if number is None and (switchboard := _SWITCHBOARD.fullmatch(text)):
        number = _valid(switchboard[1], region)
        if number and phonenumbers.number_type(number) != PhoneNumberType.FIXED_LINE:
            return None
    return number


def _valid(text: str, region: str) -> PhoneNumber | None:
    if not _DIGITS_MIN <= sum(map(str.isdigit, text)) <= _DIGITS_MAX:
        return None
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) and not _made_up(number) else None


def _made_up(number: PhoneNumber) -> bool:
    """A number that fills a field in: one digit again and again, or all of them in order."""
    digits = phonenumbers.national_significant_number(number)
    return len(set(digits)) == 1 or digits in _RUNNING
