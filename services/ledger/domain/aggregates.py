"""The ledger's aggregates."""

from typing import Any

from chassis.store.aggregate import Aggregate
from services.ledger.domain import by_itself, erasure, evolve, numbers, sources, state, terms
from services.ledger.domain.cash import events as cash_events
from services.ledger.domain.cash import evolve as cash_evolve
from services.ledger.domain.cash import receipts
from services.ledger.domain.cash import state as cash
from services.ledger.domain.events import AccountEvent

ACCOUNT: Aggregate[state.Account, Any] = Aggregate(
    name="account",
    state=state.Account,
    events=AccountEvent,
    initial=state.initial,
    evolve=evolve.evolve,
    wake_at=by_itself.wake_at,
    cached=True,
    revision=2,
)
"""A debtor's account."""

TERMS: Aggregate[terms.CreditorTerms, Any] = Aggregate(
    name="terms",
    state=terms.CreditorTerms,
    events=terms.TermsPublished,
    initial=terms.initial,
    evolve=terms.evolve,
    cached=True,
    revision=2,
)
"""A creditor's terms, in every lane."""

CASH_DESK: Aggregate[cash.CashDesk, Any] = Aggregate(
    name="till",  # as it is stored
    state=cash.CashDesk,
    events=cash_events.DeskEvent,
    initial=cash.initial,
    evolve=cash_evolve.evolve,
    wake_at=cash.wake_at,
)
"""A creditor's cash desk, in every lane."""

RECEIPTS: Aggregate[receipts.Series, Any] = Aggregate(
    name="receipts",
    state=receipts.Series,
    events=receipts.ReceiptNumbered,
    initial=receipts.initial,
    evolve=receipts.evolve,
)
"""The numbers of a creditor's receipts, written by every lane."""

NUMBERS: Aggregate[numbers.Numbers, Any] = Aggregate(
    name="numbers",
    state=numbers.Numbers,
    events=numbers.NumberEvent,
    initial=numbers.initial,
    evolve=numbers.evolve,
)
"""What people call an account, its invoices and payments."""

SOURCES: Aggregate[sources.Sources, Any] = Aggregate(
    name="sources",
    state=sources.Sources,
    events=sources.SourcesEvent,
    initial=sources.initial,
    evolve=sources.evolve,
    cached=True,
)
"""Who may publish `billing` for a creditor."""

ERASURE: Aggregate[erasure.Erasure, Any] = Aggregate(
    name="erasure",
    state=erasure.Erasure,
    events=erasure.ErasureEvent,
    initial=erasure.initial,
    evolve=erasure.evolve,
    wake_at=erasure.wake_at,
    revision=2,
)
"""The erasure of an account's debtor."""

AGGREGATES: tuple[Aggregate[Any, Any], ...] = (
    ACCOUNT,
    TERMS,
    CASH_DESK,
    RECEIPTS,
    NUMBERS,
    SOURCES,
    ERASURE,
)
