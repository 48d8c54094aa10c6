"""What the ledger tells of items, and what invoices say of themselves."""

from services.dunning.domain.money.commands import MarkInvoice, UpdateItems
from services.dunning.domain.money.credit import check_credit, count_invoices, new_invoices
from services.dunning.domain.money.events import InvoiceMarked, ItemsUpdated
from services.dunning.domain.recorder import Recorder


def update_items(rec: Recorder, command: UpdateItems) -> None:
    """Take the ledger's word on items; an older word, or the same again, changes nothing."""
    known = rec.state.ledger_version
    if command.ledger_version < known:
        return
    if command.ledger_version == known and not rec.state.updating:
        return
    before = rec.state
    invoices = new_invoices(before, command.items) if rec.pack.credit else []
    rec.emit(
        ItemsUpdated(
            ledger_version=command.ledger_version,
            as_of=command.as_of,
            currency=command.currency,
            items=command.items,
            more=command.more,
            prepaid=command.prepaid,
            waiting=command.waiting,
            released=command.released,
        )
    )
    count_invoices(rec, before, command.items)
    check_credit(rec, invoices)


def mark_invoice(rec: Recorder, command: MarkInvoice) -> None:
    """Remember what an invoice says of itself; most say nothing."""
    if command.marks:
        rec.emit(InvoiceMarked(item_id=command.item_id, marks=command.marks))
