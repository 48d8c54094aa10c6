"""The ledger's aggregates: an account per debtor, a creditor's terms and its till in every lane."""

from typing import Any

from chassis.store.aggregate import Aggregate
from services.ledger.domain.cash import Till, TillEvent, count_at, evolve_till, initial_till
from services.ledger.domain.events import AccountEvent
from services.ledger.domain.evolve import evolve
from services.ledger.domain.state import Account, initial, wake_at
from services.ledger.domain.terms import CreditorTerms, TermsPublished, evolve_terms

ACCOUNT: Aggregate[Account, Any] = Aggregate(
    name="account",
    state=Account,
    events=AccountEvent,
    initial=initial,
    evolve=evolve,
    wake_at=wake_at,
    cached=True,
)


def _no_terms(_stream: str) -> CreditorTerms:
    return CreditorTerms()


TERMS: Aggregate[CreditorTerms, Any] = Aggregate(
    name="terms",
    state=CreditorTerms,
    events=TermsPublished,
    initial=_no_terms,
    evolve=evolve_terms,
    cached=True,
)

TILL: Aggregate[Till, Any] = Aggregate(
    name="till",
    state=Till,
    events=TillEvent,
    initial=initial_till,
    evolve=evolve_till,
    wake_at=count_at,
)
