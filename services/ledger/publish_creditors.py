"""What the ledger says of creditors beside their cash: who may publish for them."""

from chassis.runtime.outgoing import Outgoing
from chassis.store.stored import Stored
from contracts import ledger
from contracts.words.streams import creditor_of
from services.ledger.domain.sources import SourcesEvent


def sources_changed(stored: Stored, event: SourcesEvent) -> Outgoing:
    """Every lane learns who may publish `billing` for the creditor."""
    data = ledger.CreditorSourcesChanged(sources=event.sources)
    return Outgoing(data, creditor_of(stored.stream), lanes="every")
