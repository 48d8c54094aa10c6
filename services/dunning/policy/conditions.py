"""Conditions: what has to be so for a step, a reaction or an action.

Each word of a condition is a class of its own. A mapping of several words asks for all of them;
`any`, `all` and `not` put conditions together.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from contracts.base import AMOUNT_MAX
from contracts.words.vocabulary import Purpose
from services.dunning.policy.parts import DAYS_MAX, ByKey, Keyed, Names, Path, as_list


class AllOf(Keyed):
    """Every one of these conditions holds."""

    key: ClassVar[str] = "all"
    all: tuple["Condition", ...] = Field(min_length=1)


class AnyOf(Keyed):
    """At least one of these conditions holds."""

    key: ClassVar[str] = "any"
    any: tuple["Condition", ...] = Field(min_length=1)


class Not(Keyed):
    """The condition does not hold."""

    key: ClassVar[str] = "not"
    not_: "Condition" = Field(alias="not")


class Replied(Keyed):
    """The debtor replied in this case, or did not."""

    key: ClassVar[str] = "replied"
    replied: bool


class Disputed(Keyed):
    """The case, or what is overdue now, was in dispute, or was not."""

    key: ClassVar[str] = "disputed"
    disputed: bool


class DisputedEver(Keyed):
    """Anything of the account was ever in dispute, or nothing was."""

    key: ClassVar[str] = "disputed_ever"
    disputed_ever: bool


class NoticeSent(Keyed):
    """A notice of the purpose went out in this case."""

    key: ClassVar[str] = "notice_sent"
    notice_sent: Purpose


class NoticeDelivered(Keyed):
    """A notice of the purpose arrived in this case."""

    key: ClassVar[str] = "notice_delivered"
    notice_delivered: Purpose


class Attribute(Keyed):
    """The account has an attribute that is set and true."""

    key: ClassVar[str] = "attribute"
    attribute: str


class Classified(Keyed):
    """The case is in one of these classes."""

    key: ClassVar[str] = "classified"
    classified: Names


class Observed(Keyed):
    """One of these was seen of the account, at any time."""

    key: ClassVar[str] = "observed"
    observed: Names


class ObservedInCase(Keyed):
    """One of these was seen since the case opened."""

    key: ClassVar[str] = "observed_in_case"
    observed_in_case: Names


class Restricted(Keyed):
    """One of these services is withheld."""

    key: ClassVar[str] = "restricted"
    restricted: Names


class Referred(Keyed):
    """The case was referred to one of these."""

    key: ClassVar[str] = "referred"
    referred: Names


class Asked(Keyed):
    """An approval for this waits for its decision."""

    key: ClassVar[str] = "asked"
    asked: str


class Overdue(Keyed):
    """Something is overdue, or nothing is."""

    key: ClassVar[str] = "overdue"
    overdue: bool


class OverdueAtLeast(Keyed):
    """So much principal is overdue (minor units)."""

    key: ClassVar[str] = "overdue_at_least"
    overdue_at_least: int = Field(ge=0, le=AMOUNT_MAX)


class OverdueWithinDays(Keyed):
    """Something was overdue within the last so many days."""

    key: ClassVar[str] = "overdue_within_days"
    overdue_within_days: int = Field(ge=1, le=DAYS_MAX)


Single = (
    Replied
    | Disputed
    | DisputedEver
    | NoticeSent
    | NoticeDelivered
    | Attribute
    | Classified
    | Observed
    | ObservedInCase
    | Restricted
    | Referred
    | Asked
    | Overdue
    | OverdueAtLeast
    | OverdueWithinDays
)
"""A condition of one word."""

_NEGATIVE = frozenset({"not_classified", "not_observed", "not_observed_in_case", "not_asked"})
_EVERY = "observed_all"
"""Words of packs written before there were `not` and `all`, which they are read as."""


def _of_today(word: str, value: Any) -> tuple[str, Any]:
    if word in _NEGATIVE:
        return Not.key, {word.removeprefix("not_"): value}
    if word == _EVERY:
        return AllOf.key, [{Observed.key: name} for name in as_list(value)]
    return word, value


def _spelt_out(value: Any) -> Any:
    """A condition of one word, as it stands; of several, as `all` of them."""
    if not isinstance(value, Mapping):
        return value
    if not value:
        raise ValueError("a condition must name something")
    words = [_of_today(word, wanted) for word, wanted in value.items()]
    if len(words) == 1:
        return dict(words)
    every: list[Any] = []
    for word, wanted in sorted(words, key=lambda pair: pair[0] != AllOf.key):
        every += wanted if word == AllOf.key and isinstance(wanted, list) else [{word: wanted}]
    return {AllOf.key: every}


Condition = Annotated[AllOf | AnyOf | Not | Single, ByKey(), BeforeValidator(_spelt_out)]

for _model in (AllOf, AnyOf, Not):
    _model.model_rebuild()


def singles(path: Path, condition: Condition) -> Iterator[tuple[Path, Single]]:
    """Walk the single conditions that a condition is put together of, with their places."""
    match condition:
        case AllOf(all=parts) | AnyOf(any=parts):
            for i, part in enumerate(parts):
                yield from singles((*path, condition.key, i), part)
        case Not(not_=part):
            yield from singles((*path, condition.key), part)
        case _:
            yield (*path, condition.key), condition
