"""What the ledger says of creditors as a whole: who may publish for them, and their cash."""

from collections.abc import Iterator

from chassis.runtime.outgoing import Outgoing
from chassis.store.stored import Stored
from contracts import ledger
from contracts.base import AMOUNT_MAX
from contracts.words.streams import creditor_of
from services.ledger.domain.cash.events import CashCounted
from services.ledger.domain.sources import SourcesEvent


def sources_changed(stored: Stored, event: SourcesEvent) -> Outgoing:
    """Every lane learns who may publish `billing` for the creditor."""
    data = ledger.CreditorSourcesChanged(sources=event.sources)
    return Outgoing(data, creditor_of(stored.stream), lanes="every")


def cash_counted(stored: Stored, event: CashCounted) -> Iterator[Outgoing]:
    """What of each collector's cash does not come out even."""
    creditor = creditor_of(stored.stream)
    for counted in event.counts:
        difference = ledger.CashDifferenceFound(
            collected_by=counted.collected_by,
            day=event.day,
            collected=max(0, _told(counted.collected)),
            deposited=_told(counted.deposited),
            difference=_told(counted.collected - counted.deposited),
            running=_told(counted.running),
            currency=event.currency,
        )
        yield Outgoing(difference, creditor)


def _told(amount: int) -> int:
    """A sum over the desks of all lanes, as far as a message can tell it exactly."""
    return max(-AMOUNT_MAX, min(amount, AMOUNT_MAX))
