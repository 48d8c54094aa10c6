"""What a creditor's terms say that the ledger needs, and the stream that keeps them."""

from datetime import date
from decimal import Decimal

import msgspec

from chassis.errors import Rejected
from chassis.store.aggregate import unknown_event
from contracts.words.vocabulary import Allocation, LateFeeStart


class Rate(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A late-fee rate per day and the first day it holds for (`None`: from the beginning); a rate
    of 0 ends an earlier one.
    """

    per_day: Decimal
    from_day: date | None = None


class Terms(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How a creditor's accounts are kept.

    `revision` counts the publications and tells an account whether it has taken them over. `rates`
    is empty where there is no late fee. With `starts_on_notice` an item bears a late fee only from
    the day the dunning process starts it. Below `minimum_overdue` no case opens. Money that waits
    for an unknown invoice waits `unmatched_days`.
    """

    revision: int
    time_zone: str
    currency: str
    due_days: int | None = None
    charges_first: bool = False
    rates: tuple[Rate, ...] = ()
    cap_ratio: Decimal = Decimal(1)
    starts_on_notice: bool = False
    minimum_overdue: int = 0
    unmatched_days: int = 6


class CreditorTerms(msgspec.Struct, frozen=True, array_like=True):
    """State of a terms stream: the terms in force, `None` before the creditor is set up, and what
    accounts need not know: refunds above `second_person_above` take a second person.
    """

    current: Terms | None = None
    second_person_above: int = 0


class TermsPublished(msgspec.Struct, frozen=True, tag="TermsPublished"):
    """The creditor's terms were set or changed."""

    terms: Terms
    second_person_above: int = 0


class PublishTerms(msgspec.Struct, frozen=True):
    """Set a creditor's terms; they hold from `day`, the local day they are published on."""

    time_zone: str
    currency: str
    day: date
    due_days: int | None = None
    allocation: Allocation = "principal_first"
    rate_per_day: Decimal | None = None
    cap_ratio: Decimal = Decimal(1)
    starts: LateFeeStart = "due"
    minimum_overdue: int = 0
    unmatched_days: int = 6
    second_person_above: int = 0


def decide(state: CreditorTerms, command: PublishTerms) -> list[TermsPublished]:
    """Take over published terms; nothing when they say what already holds.

    A changed rate holds from its day on: the days before keep the rate they had.
    """
    known = state.current
    terms = Terms(
        revision=known.revision + 1 if known else 1,
        time_zone=command.time_zone,
        currency=command.currency,
        due_days=command.due_days,
        charges_first=command.allocation == "charges_first",
        rates=_rates(known, command),
        cap_ratio=command.cap_ratio,
        starts_on_notice=command.starts == "started",
        minimum_overdue=command.minimum_overdue,
        unmatched_days=command.unmatched_days,
    )
    if known and msgspec.structs.replace(terms, revision=known.revision) == known:
        if command.second_person_above == state.second_person_above:
            return []
        terms = known
    return [TermsPublished(terms, command.second_person_above)]


def _rates(known: Terms | None, command: PublishTerms) -> tuple[Rate, ...]:
    wanted = command.rate_per_day or Decimal(0)
    if known is None:
        return (Rate(wanted),) if wanted else ()
    current = known.rates[-1].per_day if known.rates else Decimal(0)
    if wanted == current:
        return known.rates
    kept = tuple(r for r in known.rates if r.from_day is None or r.from_day < command.day)
    return (*kept, Rate(wanted, command.day))


def initial(_stream: str) -> CreditorTerms:
    """A creditor that is not set up."""
    return CreditorTerms()


def evolve(_state: CreditorTerms, event: TermsPublished) -> CreditorTerms:
    """The latest publication holds."""
    if not isinstance(event, TermsPublished):
        raise unknown_event(event)
    return CreditorTerms(event.terms, event.second_person_above)


def require_currency(terms: Terms, currency: str, what: str) -> None:
    """Raise `Rejected` when something is in another currency than the creditor's accounts."""
    if currency != terms.currency:
        raise Rejected(
            f"{what} is in {currency}; the creditor's accounts are kept in {terms.currency}"
        )
