"""A pack's figures: named, typed, bounded, and open to an operator's override."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from contracts.words.numbers import as_decimal
from contracts.words.vocabulary import CHANNELS

Unit = Literal[
    "days",
    "months",
    "years",
    "day_of_month",
    "minor_units",
    "ratio",
    "count",
    "time",
    "choice",
    "channels",
]
Value = int | Decimal | str

NO_CHANNELS = "none"
_FALL_BACK = tuple(one for one in CHANNELS if one != "public_list")
"""Nobody is published because a letter came back."""
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")


class Bounds(NamedTuple):
    """The range a unit allows where the pack names none."""

    low: int
    high: int


_BOUNDS: Mapping[str, Bounds] = {
    "days": Bounds(0, 3660),
    "months": Bounds(0, 120),
    "years": Bounds(1, 30),
    "day_of_month": Bounds(1, 31),
    "minor_units": Bounds(0, 10**15),
    "ratio": Bounds(0, 100),
    "count": Bounds(1, 1000),
}


class Parameter(BaseModel):
    """One figure of a policy.

    `vague` marks a default that the written policy leaves open; `source` names the clause either
    way. Ratios are decimals (0.0005 is 0.05 %), times are `HH:MM` local, a choice is one of the
    words in `choices`, channels are names in their order, `voice letter`, or `none`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    default: Any
    unit: Unit
    source: str = Field(min_length=1)
    vague: bool = False
    description: str = ""
    min: Annotated[Decimal, BeforeValidator(as_decimal)] | None = None
    max: Annotated[Decimal, BeforeValidator(as_decimal)] | None = None
    choices: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _chosen_from(self) -> "Parameter":
        if (self.unit == "choice") != bool(self.choices):
            raise ValueError("choices belong to the unit choice, which needs them")
        return self

    def read(self, value: Any) -> Value:
        """Return the value in the unit's own type; raises ValueError with a sentence when it does
        not fit.
        """
        if self.unit == "time":
            return _clock(value)
        if self.unit == "choice":
            return _chosen(value, self.choices)
        if self.unit == "channels":
            return " ".join(channels_in(value)) or NO_CHANNELS
        number = _number(value, whole=self.unit != "ratio")
        bounds = _BOUNDS[self.unit]
        low = self.min if self.min is not None else Decimal(bounds.low)
        high = self.max if self.max is not None else Decimal(bounds.high)
        if not low <= number <= high:
            raise ValueError(f"must be between {low} and {high} ({self.unit}), not {number}")
        return number


def channels_in(value: Any) -> tuple[str, ...]:
    """The channels that a text or list names, in their order; raises ValueError with a sentence."""
    named = value.split() if isinstance(value, str) else [*(value or ())]
    if named == [NO_CHANNELS]:
        return ()
    for one in named:
        if one not in _FALL_BACK:
            raise ValueError(f"must be of {', '.join(_FALL_BACK)}, or `none`, not {_shown(one)}")
    if len({*named}) < len(named):
        raise ValueError("must name each channel once")
    return tuple(named)


def _clock(value: Any) -> str:
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        raise ValueError(f"must be a time of day HH:MM, not {_shown(value)}")
    return value


def _chosen(value: Any, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise ValueError(f"must be one of {', '.join(choices)}, not {_shown(value)}")
    return str(value)


def _number(value: Any, *, whole: bool) -> int | Decimal:
    wanted = f"must be {'a whole number' if whole else 'a decimal number'}, not {_shown(value)}"
    try:
        number = as_decimal(value)
    except ValueError as error:
        raise ValueError(f"{wanted}: it {error}") from None
    is_number = isinstance(number, Decimal)
    if not is_number or (whole and number != number.to_integral_value()):
        raise ValueError(wanted)
    return int(number) if whole else number


def _shown(value: Any) -> str:
    """What was given, as far as somebody wants to read it."""
    is_one = isinstance(value, str | int | float | Decimal)
    return repr(value if is_one else type(value).__name__)[:60]


_CONTACT = "rules shared by all packs: contact"
_SMALL = "rules shared by all packs: small remainders"
_UNMATCHED = "rules shared by all packs: unknown reference"

COMMON: Mapping[str, dict[str, Any]] = {
    "step_time": {
        "default": "09:00",
        "unit": "time",
        "source": "rules shared by all packs: pace",
        "description": "local time at which steps and monthly entries run",
    },
    "contact_from": {"default": "08:00", "unit": "time", "vague": True, "source": _CONTACT},
    "contact_until": {"default": "20:00", "unit": "time", "vague": True, "source": _CONTACT},
    "contacts_max": {"default": 7, "unit": "count", "vague": True, "source": _CONTACT},
    "contacts_window_days": {"default": 7, "unit": "days", "min": 1, "source": _CONTACT},
    "calls_per_day_max": {"default": 1, "unit": "count", "source": _CONTACT},
    "minimum_overdue": {
        "default": 0,
        "unit": "minor_units",
        "vague": True,
        "source": _SMALL,
        "description": "while less is overdue, late fee included, no case opens or goes on",
    },
    "unmatched_days": {
        "default": 6,
        "unit": "days",
        "min": 1,
        "vague": True,
        "source": _UNMATCHED,
        "description": "days after which money for an unknown invoice goes to what is due",
    },
    "fallback": {
        "default": NO_CHANNELS,
        "unit": "channels",
        "source": _CONTACT,
        "description": "channels by which a notice goes on when its own fails for good",
    },
}
"""Figures every pack has; a pack that declares one of these names sets its own default."""
