"""Amounts as exports write them: exactly of the form a map names, or refused.

Nothing is cleaned: what is not understood to its last character is no amount.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from babel.numbers import get_currency_symbol, is_currency

AMOUNT_MAX = 10**15
"""More than anybody can owe, in minor units."""
DecimalMark = Literal[".", ","]
ThousandsMark = Literal["", ",", ".", " ", "'"]
Grouping = Literal["thousands", "indian"]

_HARD_SPACES = "\u00a0\u202f\u2009"
_APOSTROPHES = "'\u2019"
_SPACE = re.compile(f"[ {_HARD_SPACES}]")
_SIGNS = {"+": 1, "-": -1, "\u2212": -1}
_BRACKETS = {"()": -1, "\uff08\uff09": -1}
_LOCAL_SIGNS = {  # beside the code and what English texts write
    "AUD": "$", "BRL": "R$", "CAD": "$ C$", "CHF": "Fr. SFr.", "CNY": "¥ ￥ 元 圆 人民币 RMB",
    "CZK": "Kč", "DKK": "kr kr.", "GBP": "£", "HKD": "$ HK$", "HUF": "Ft", "IDR": "Rp",
    "INR": "Rs Rs.", "JPY": "￥ 円", "KRW": "원", "MXN": "$", "MYR": "RM", "NOK": "kr",
    "NZD": "$", "PLN": "zł", "RUB": "₽", "SEK": "kr", "SGD": "$ S$", "THB": "฿",
    "TRY": "₺", "TWD": "$ NT$", "USD": "US$", "ZAR": "R",
}  # fmt: skip


def currency_known(code: str) -> bool:
    """Whether a code is in use by ISO 4217."""
    return is_currency(code, locale="en")


class NotAnAmount(ValueError):
    """A text is no amount of the form; its sentence quotes the text and says why."""


@dataclass(frozen=True)
class AmountForm:
    """How the amounts of one export are written.

    Groups are of three digits, or as in India (`12,34,567.00`). No-break and thin spaces and
    apostrophes, which cannot be anything else, group digits in every form. A currency sign or code
    before or behind must be the currency's.
    """

    currency: str
    decimals: int
    decimal_mark: DecimalMark = "."
    thousands_mark: ThousandsMark = ""
    grouping: Grouping = "thousands"

    def minor(self, text: str) -> int:
        """Read an amount as a signed integer in minor units; raises NotAnAmount."""
        number, sign = self._without_sign_and_currency(text.strip())
        whole, mark, fraction = number.partition(self.decimal_mark)
        if not self._grouped.fullmatch(whole) or (mark and not _digits(fraction)):
            raise NotAnAmount(f"'{text}' is not an amount{self._hint(text)}")
        if len(fraction) > self.decimals:
            raise NotAnAmount(f"'{text}' has more than {self.decimals} decimals")
        digits = "".join(filter(str.isdigit, whole)) + fraction.ljust(self.decimals, "0")
        if len(digits.lstrip("0")) > len(str(AMOUNT_MAX)) or int(digits) > AMOUNT_MAX:
            raise NotAnAmount(f"'{text}' is more than anybody can owe")
        return sign * int(digits)

    def _without_sign_and_currency(self, text: str) -> tuple[str, int]:
        """Peel brackets, one sign and one currency off, in whichever order they stand."""
        rest, sign, currency = text, 0, False
        while True:
            bracketed = _BRACKETS.get(rest[:1] + rest[-1:]) if len(rest) > 2 else None
            if not sign and bracketed:
                rest, sign = _peeled(rest[1:-1]), bracketed
            elif not sign and rest[:1] in _SIGNS:
                rest, sign = _peeled(rest[1:]), _SIGNS[rest[:1]]
            elif not sign and rest[-1:] in _SIGNS:
                rest, sign = _peeled(rest[:-1]), _SIGNS[rest[-1:]]
            elif not currency and (beside := self._beside(rest)) is not None:
                rest, currency = _peeled(beside), True
            else:
                return rest, sign or 1

    def _beside(self, text: str) -> str | None:
        for sign in self._currency_signs:
            if text.startswith(sign):
                return text[len(sign) :]
            if text.endswith(sign):
                return text[: -len(sign)]
        return None

    @cached_property
    def _currency_signs(self) -> list[str]:
        own = (self.currency, get_currency_symbol(self.currency, locale="en"))
        return sorted({*own, *_LOCAL_SIGNS.get(self.currency, "").split()}, key=len, reverse=True)

    @cached_property
    def _grouped(self) -> re.Pattern[str]:
        marks = [*_HARD_SPACES, *_APOSTROPHES, self.thousands_mark]
        one_of = "".join(re.escape(mark) for mark in marks if mark != self.decimal_mark)
        if self.grouping == "indian":
            groups = rf"[1-9][0-9]?(?P<mark>[{one_of}])(?:[0-9]{{2}}(?P=mark))*[0-9]{{3}}"
        else:
            groups = rf"[1-9][0-9]{{0,2}}(?P<mark>[{one_of}])[0-9]{{3}}(?:(?P=mark)[0-9]{{3}})*"
        return re.compile(rf"[0-9]+|{groups}")

    def _hint(self, text: str) -> str:
        if re.fullmatch(r"#+", text.strip()):
            return ": a spreadsheet's column was too narrow"
        if re.search(r"[0-9]E[+-]?[0-9]", text, re.IGNORECASE):
            return ": a spreadsheet rounded it"
        other = re.search(r"[^\W\d_]{3}", text)
        if other and currency_known(other[0]) and other[0] != self.currency:
            return f" in {self.currency}, the map's currency"
        if re.search(r"[^\W0-9]", text):
            return ""
        return f": {self._described()}"

    def _described(self) -> str:
        if not self.thousands_mark:
            return f"the decimal mark is '{self.decimal_mark}', thousands have no mark"
        return f"the decimal mark is '{self.decimal_mark}', '{self.thousands_mark}' parts thousands"


def _peeled(text: str) -> str:
    """Take away the one space that may stand between a number and what is beside it."""
    text = text[1:] if _SPACE.match(text) else text
    return text[:-1] if text and _SPACE.match(text[-1]) else text


def _digits(text: str) -> bool:
    return re.fullmatch(r"[0-9]+", text) is not None
