"""What the ledger says beside accounts: who may publish for a creditor and who is erased, and the
cash of its collectors.
"""

from collections.abc import Iterator

from chassis.runtime.outgoing import Outgoing
from chassis.store.stored import Stored
from contracts import billing, ledger
from contracts.base import AMOUNT_MAX, Contract
from contracts.words.streams import creditor_of, subject_of
from services.ledger.domain import erasure
from services.ledger.domain.cash.events import CashCounted
from services.ledger.domain.sources import SourcesEvent


def sources_changed(stored: Stored, event: SourcesEvent) -> list[Outgoing]:
    """Every lane learns who may publish `billing` for the creditor."""
    data = ledger.CreditorSourcesChanged(sources=event.sources)
    return [Outgoing(data, creditor_of(stored.stream), lanes="every")]


def erasure_moved(stored: Stored, event: erasure.ErasureEvent) -> list[Outgoing]:
    """A confirmed erasure is asked for again on `billing`, behind all that was told of the debtor;
    where it comes back the ledger carries it out, and then the others hear of it.
    """
    creditor, account = subject_of(stored.stream)
    data: Contract
    match event:
        case erasure.ErasureConfirmed():
            data = billing.AccountErased(account_id=account)
        case erasure.DebtorErased():
            data = ledger.AccountErasureConfirmed(account_id=account)
        case erasure.ErasureLapsed():
            data = ledger.AccountErasureLapsed(account_id=account)
        case _:
            return []
    return [Outgoing(data, creditor, account)]


def cash_counted(stored: Stored, event: CashCounted) -> Iterator[Outgoing]:
    """What of each collector's cash does not come out even."""
    creditor = creditor_of(stored.stream)
    for counted in event.counts:
        difference = ledger.CashDifferenceFound(
            collected_by=counted.code or counted.collected_by,
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
