"""What has to be so, in words: each condition as it stands and as its opposite."""

from collections.abc import Iterator
from typing import NamedTuple

from services.dunning.policy.conditions import (
    AllOf,
    AnyOf,
    Asked,
    Attribute,
    Classified,
    Condition,
    Disputed,
    DisputedEver,
    Not,
    NoticeDelivered,
    NoticeSent,
    Observed,
    ObservedInCase,
    Overdue,
    OverdueAtLeast,
    OverdueWithinDays,
    Referred,
    Replied,
    Restricted,
    Single,
)
from services.dunning.policy.explain.words import (
    PURPOSES,
    amount,
    days,
    joined,
    plain,
    quoted,
    receiver,
    service,
)


class _Said(NamedTuple):
    yes: str
    no: str


def condition(given: Condition, *, holds: bool = True) -> str:
    """A condition in words, or that it does not hold."""
    match given:
        case AllOf(all=parts) if holds:
            return joined(_every(parts))
        case AllOf(all=parts):
            return joined((condition(p, holds=False) for p in parts), "or")
        case AnyOf(any=parts):
            return joined((condition(p, holds=holds) for p in parts), "or" if holds else "and")
        case Not(not_=part):
            return condition(part, holds=not holds)
        case Replied(replied=wanted) | Disputed(disputed=wanted):
            return _single(given, holds=holds == wanted)
        case DisputedEver(disputed_ever=wanted) | Overdue(overdue=wanted):
            return _single(given, holds=holds == wanted)
    return _single(given, holds=holds)


def _every(parts: tuple[Condition, ...]) -> Iterator[str]:
    """The parts of an `all`; what has to be observed is named together."""
    seen = [part.observed for part in parts if isinstance(part, Observed)]
    together = len(seen) > 1 and all(len(names) == 1 for names in seen)
    if together:
        yield f"{joined(quoted(name) for names in seen for name in names)} were all observed"
    for part in parts:
        if not (together and isinstance(part, Observed)):
            yield condition(part)


def _single(given: Single, *, holds: bool) -> str:
    said = _said(given)
    return said.yes if holds else said.no


def _said(given: Single) -> _Said:
    match given:
        case Replied():
            return _Said("the debtor has replied", "the debtor has not replied")
        case Disputed():
            return _Said("a dispute was raised", "no dispute was raised")
        case DisputedEver():
            return _Said("anything was ever disputed", "nothing was ever disputed")
        case NoticeSent(notice_sent=purpose):
            return _Said(f"{PURPOSES[purpose]} was sent", f"{PURPOSES[purpose]} was not sent")
        case NoticeDelivered(notice_delivered=purpose):
            return _Said(f"{PURPOSES[purpose]} arrived", f"{PURPOSES[purpose]} has not arrived")
        case Attribute(attribute=name):
            return _Said(
                f"the account is marked {quoted(name)}", f"the account is not marked {quoted(name)}"
            )
        case Classified(classified=names):
            of = joined(map(quoted, names), "or")
            return _Said(f"the case is classified as {of}", f"the case is not classified as {of}")
        case Observed(observed=names):
            seen = joined(map(quoted, names), "or")
            return _Said(f"{seen} was observed", f"{seen} was not observed")
        case ObservedInCase(observed_in_case=names):
            seen = joined(map(quoted, names), "or")
            return _Said(
                f"{seen} was observed in this case", f"{seen} was not observed in this case"
            )
        case _:
            return _said_of_case(given)


def _said_of_case(given: Single) -> _Said:
    match given:
        case Restricted(restricted=names):
            what = joined(map(service, names), "or")
            return _Said(
                f"the creditor is withholding {what}", f"the creditor is not withholding {what}"
            )
        case Referred(referred=names):
            to = joined(map(receiver, names), "or")
            return _Said(f"the debt was referred to {to}", f"the debt was not referred to {to}")
        case Asked(asked=name):
            what = f"the approval {quoted(name)}"
            return _Said(f"{what} waits for its decision", f"{what} does not wait for its decision")
        case Overdue():
            return _Said("something is overdue", "nothing is overdue")
        case OverdueAtLeast(overdue_at_least=least):
            return _Said(
                f"at least {amount(least)} is overdue", f"less than {amount(least)} is overdue"
            )
        case OverdueWithinDays(overdue_within_days=number):
            return _Said(
                f"something was overdue within the last {days(number)}",
                f"nothing was overdue within the last {days(number)}",
            )
    raise ValueError(f"no words for the condition {plain(given.key)}")
