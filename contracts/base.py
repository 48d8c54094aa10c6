"""What all messages are made of: identifiers, money, days, instants, and the base of the models.

The models are the written contract; `contracts.twins` compiles them for decoding, so a type used
here must be one it knows.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, ClassVar, TypeVar
from zoneinfo import available_timezones

import msgspec
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StrictBool,
)
from pydantic_core import CoreSchema, PydanticUseDefault, core_schema

from contracts.words import identifiers

AMOUNT_MAX = 2**53 - 1
"""The largest integer every JSON reader keeps exact."""
FIRST_YEAR, LAST_YEAR = 1970, 2199
"""The years in which people state days; others are slips, or an empty value of some system."""
NO_DAY = "must be a calendar day YYYY-MM-DD"
NO_INSTANT = "must be an RFC 3339 instant with its offset"
DEPTH_MAX = 32
"""How deep lists and objects that upstream makes up may be nested in one another."""
NO_TIME_ZONE = "there is no such time zone"
TOO_DEEP = f"is nested more than {DEPTH_MAX} deep"
OUT_OF_YEARS = f"must be in the years {FIRST_YEAR} to {LAST_YEAR}"

T = TypeVar("T")


def _day(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return _parsed(value, date, NO_DAY)


def _instant(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    return _parsed(value, datetime, NO_INSTANT)


def _parsed(value: Any, kind: type, refusal: str) -> Any:
    # the decoder's own parser, so that the model and its twin take the same texts
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        raise ValueError(refusal) from None


def _in_years(value: date) -> date:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(OUT_OF_YEARS)
    return value


def is_too_deep(value: dict[str, Any]) -> bool:
    """Whether an object, itself counted, is nested deeper than may be."""
    level: list[Any] = [value]
    for _ in range(DEPTH_MAX):
        level = [
            part
            for one in level
            for part in (one.values() if type(one) is dict else one)
            if type(part) is dict or type(part) is list
        ]
        if not level:
            return False
    return True


def _in_depth(value: dict[str, Any]) -> dict[str, Any]:
    if is_too_deep(value):
        raise ValueError(TOO_DEEP)
    return value


def _or_left_out(value: Any) -> Any:
    if value is None:
        raise PydanticUseDefault
    return value


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def is_time_zone(name: str) -> bool:
    """Whether this machine knows a time zone by that name."""
    return name in _zones()


def _in_zones(name: str) -> str:
    if not is_time_zone(name):
        raise ValueError(NO_TIME_ZONE)
    return name


@dataclass(frozen=True)
class NullLeftOut:
    """Marks a list or map that means "left out" when it is `null`, as writers in Java or Go say."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Reads `null` as the field's default."""
        return core_schema.no_info_before_validator_function(_or_left_out, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Tells writers that `null` is taken."""
        return {"anyOf": [handler(schema), {"type": "null"}]}


@dataclass(frozen=True)
class FreeText:
    """Marks what people write at length: line breaks and tabs may stand in it."""


FREE_TEXT = FreeText()
NULL_LEFT_OUT = NullLeftOut()
IN_YEARS = AfterValidator(_in_years)
"""Marks a day or instant that people state, and so mistype."""
IN_DEPTH = AfterValidator(_in_depth)
"""Marks an object of which the contract knows nothing."""

IN_ZONES = AfterValidator(_in_zones)
"""Marks the name of a time zone."""


def _decimal_text(value: Any) -> Any:
    return format(value, "f") if isinstance(value, Decimal) else value


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


Identifier = Annotated[str, Field(pattern=identifiers.WHOLE)]
"""The name of a thing or of a kind of thing; never personal data by itself."""
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 code."""
Amount = Annotated[int, Field(strict=True, ge=0, le=AMOUNT_MAX)]
"""Money in the currency's minor unit: a JSON integer."""
PositiveAmount = Annotated[int, Field(strict=True, ge=1, le=AMOUNT_MAX)]
SignedAmount = Annotated[int, Field(strict=True, ge=-AMOUNT_MAX, le=AMOUNT_MAX)]
"""A change or a difference in the minor unit."""
Count = Annotated[int, Field(strict=True, ge=0, le=AMOUNT_MAX)]
Version = Annotated[int, Field(strict=True, ge=1, le=AMOUNT_MAX)]
Flag = StrictBool
Day = Annotated[date, BeforeValidator(_day)]
"""A calendar day in the creditor's time zone."""
Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
"""An instant with its offset."""
StatedDay = Annotated[Day, IN_YEARS]
StatedInstant = Annotated[Instant, IN_YEARS]
Listed = Annotated[tuple[T, ...], NULL_LEFT_OUT]
"""A list that may be left out, or `null`; its field's default is `()`."""
DecimalText = Annotated[
    str, Field(pattern=r"^[0-9]{1,24}(\.[0-9]{1,30})?$"), BeforeValidator(_decimal_text)
]
"""An exact decimal, not below zero; it travels as text, since JSON readers round numbers."""
Label = Annotated[str, Field(min_length=1, max_length=200)]
"""A short text given by people or made by a service."""
TimeZone = Annotated[Label, IN_ZONES]
"""An IANA name (`Asia/Urumqi`)."""
ShortText = Annotated[str, Field(max_length=200)]
"""A `Label` that may be empty, where nothing is something to say."""
Number = Annotated[str, Field(min_length=1, max_length=64)]
"""A number as people write it: any printable text. It may be personal data (a licence plate), so
only `billing` messages carry it.
"""
Text = Annotated[str, Field(max_length=4000), FREE_TEXT]
"""Free text; only `billing` messages carry it."""
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""A local time `HH:MM`."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 in hexadecimal."""
Attributes = Annotated[dict[str, Any], Field(max_length=200), FREE_TEXT, IN_DEPTH]
"""Whatever upstream wants kept with an account or an invoice."""
Variables = Annotated[
    dict[Identifier, Annotated[Identifier | SignedAmount | Flag, BeforeValidator(_plain)]],
    Field(max_length=200),
]
"""Amounts, days and codes for a template, by name; no text that a person wrote."""


class Part(BaseModel):
    """The base of what messages are made of: immutable; a field it does not know is ignored."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,
        defer_build=True,  # a service reads by the twins, and writes few of all the types
    )


class Contract(Part):
    """The base of all messages: the `data` of a CloudEvent.

    `TYPE` is the CloudEvents type, `TOPIC` the topic its service writes it to.
    `REFUSED` are fields it does not have and that would change what it says, were they ignored:
    a message with one of them (other than `null`) is malformed.
    `LISTS` are those of its fields that may be too long for one message (`contracts.splitting`).
    """

    TYPE: ClassVar[str]
    TOPIC: ClassVar[str]
    REFUSED: ClassVar[tuple[str, ...]] = ()
    LISTS: ClassVar[tuple[str, ...]] = ()
