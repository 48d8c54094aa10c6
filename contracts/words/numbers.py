"""Numbers that others write, read as bounded text: `1e999999999` is one number with a billion
digits, and whoever calculates with it does nothing else for hours.
"""

import re
from decimal import Decimal
from typing import Any

WHOLE_DIGITS_MAX, DECIMALS_MAX = 24, 30
"""The same as in messages (`DecimalText`)."""
TOO_LONG = f"has more than {WHOLE_DIGITS_MAX} digits, or {DECIMALS_MAX} decimals"
NO_NUMBER = "is no decimal number"

_CHARACTERS_MAX = WHOLE_DIGITS_MAX + DECIMALS_MAX + len("-.e-30")
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")


def decimal_of(text: str) -> Decimal:
    """The number a text is; raises ValueError for one that is none or too long to calculate with.

    Length and exponent are looked at before anything is worked out.
    """
    if len(text) > _CHARACTERS_MAX:
        raise ValueError(TOO_LONG)
    if not _NUMBER.fullmatch(text):
        raise ValueError(NO_NUMBER)
    return within_digits(Decimal(text))


def whole_of(text: str) -> int:
    """The whole number a text of digits is; raises ValueError as `decimal_of` does."""
    return int(decimal_of(text))


def within_digits(number: Decimal) -> Decimal:
    """The number, unless it has more digits than a message may hold; less than nothing by nothing
    is nothing, which a message tells without a sign.
    """
    if not number.is_finite():
        raise ValueError(NO_NUMBER)
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -DECIMALS_MAX:
        raise ValueError(TOO_LONG)
    if number.adjusted() >= WHOLE_DIGITS_MAX:
        raise ValueError(TOO_LONG)
    return number or number.copy_abs()


def as_decimal(value: Any) -> Any:
    """A validator for fields that are decimals: numbers and texts within bounds, whatever else as
    it is.
    """
    if isinstance(value, str):
        return decimal_of(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    return decimal_of(str(value))
