"""Whose terms an account's money follows: a case keeps those of the policy version it is pinned to,
what has no case follows the creditor's present ones, each day of late fee at that day's rate.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from services.ledger.domain.blocks import NO_ITEMS
from services.ledger.domain.calendar import ONE_DAY
from services.ledger.domain.commands import Money, SetCaseTerms
from services.ledger.domain.draft import Draft
from services.ledger.domain.events import AccountEvent, CaseTermsSet
from services.ledger.domain.state import Account
from services.ledger.domain.terms import Rate, Terms

_NONE = Decimal(0)
_UNKNOWN_REVISION = 0
"""Of terms a case was moved to: whatever the creditor's are when it closes, they are taken over."""


def effective(account: Account, terms: Terms) -> Terms:
    """The terms an account follows when its creditor's are `terms`: its own while it has a case, or
    anything open in another currency, else these, with the rates of the days its last case lasted
    kept.

    The very object the account holds where nothing is to be taken over.
    """
    known = account.terms
    if known is None:
        return terms
    if account.case_on is not None or known.revision == terms.revision:
        return known
    if known.currency != terms.currency and _is_open(account):
        return known  # its figures would be another sum of money
    if account.pinned_through is None:
        return terms
    return replace(terms, rates=spliced(known.rates, terms.rates, account.pinned_through + ONE_DAY))


def _is_open(account: Account) -> bool:
    return account.open != NO_ITEMS or bool(account.prepaid or account.waiting)


def pinned(known: Terms, money: Money, day: date) -> Terms:
    """An account's terms after its case took over a policy version's from a day on; the same object
    when it has them already.
    """
    wanted = (
        money.due_days,
        money.charges_first,
        money.rate_per_day or _NONE,
        money.starts_on_notice,
    )
    current = known.rates[-1].per_day if known.rates else _NONE
    if wanted == (known.due_days, known.charges_first, current, known.starts_on_notice) and (
        money.cap_ratio == known.cap_ratio or not current
    ):
        return known
    rate = (Rate(money.rate_per_day or _NONE, day),)
    return replace(
        known,
        revision=_UNKNOWN_REVISION,
        due_days=money.due_days,
        charges_first=money.charges_first,
        rates=spliced(known.rates, rate, day),
        cap_ratio=money.cap_ratio,
        starts_on_notice=money.starts_on_notice,
    )


def spliced(before: tuple[Rate, ...], after: tuple[Rate, ...], day: date) -> tuple[Rate, ...]:
    """One schedule of rates: `before` for the days before `day`, `after` from it on."""
    kept = [rate for rate in before if rate.from_day is None or rate.from_day < day]
    holds = [rate for rate in after if rate.from_day is None or rate.from_day <= day]
    first = Rate(holds[-1].per_day if holds else _NONE, day)
    later = [rate for rate in after if rate.from_day is not None and rate.from_day > day]
    return tuple(_changes([*kept, first, *later]))


def _changes(rates: Iterable[Rate]) -> Iterable[Rate]:
    """The rates without those that change nothing."""
    current = _NONE
    for rate in rates:
        if rate.per_day != current:
            current = rate.per_day
            yield rate


def set_case_terms(draft: Draft, command: SetCaseTerms) -> AccountEvent | None:
    """Let a running case follow terms of its own; nothing when it does already, or has closed."""
    if not draft.owed:
        return None
    terms = pinned(draft.terms, command.money, command.day)
    if terms is draft.terms and draft.case_on is not None:
        return None
    draft.case_on = draft.case_on or command.day
    if terms.rates != draft.terms.rates:
        draft.terms = terms
        draft.take_rates()
    draft.terms = terms
    return CaseTermsSet(draft.effects())
