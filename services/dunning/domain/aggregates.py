"""Dunning's aggregates: an account per debtor, and the creditor."""

from datetime import datetime
from typing import Any

from chassis.owed import sources
from chassis.store.aggregate import Aggregate
from services.dunning.domain.account import Account, initial_account
from services.dunning.domain.case.upcasts import UPCASTS
from services.dunning.domain.creditor.events import CreditorEvent
from services.dunning.domain.creditor.evolve import evolve_creditor
from services.dunning.domain.creditor.state import Creditor, initial_creditor
from services.dunning.domain.events import AccountEvent
from services.dunning.domain.evolve import evolve_account


def _account_wake(state: Account) -> datetime | None:
    return state.wake


def _creditor_wake(state: Creditor) -> datetime | None:
    return state.wake


ACCOUNT: Aggregate[Account, AccountEvent] = Aggregate(
    name="account",
    state=Account,
    events=AccountEvent,
    initial=initial_account,
    evolve=evolve_account,
    wake_at=_account_wake,
    revision=4,
    cached=True,
    upcasts=UPCASTS,
)
CREDITOR: Aggregate[Creditor, CreditorEvent] = Aggregate(
    name="creditor",
    state=Creditor,
    events=CreditorEvent,
    initial=initial_creditor,
    evolve=evolve_creditor,
    wake_at=_creditor_wake,
    revision=2,
    cached=True,
)


class SourcesTold(sources.SourcesTold, frozen=True, tag="SourcesTold"):
    """The ledger told who may publish for the creditor, under the name it has here."""


TOLD_SOURCES = sources.told_sources(SourcesTold)
AGGREGATES: tuple[Aggregate[Any, Any], ...] = (ACCOUNT, CREDITOR, TOLD_SOURCES)
