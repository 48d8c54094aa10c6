"""What is owed: an invoice, or a fee that was charged."""

from datetime import date

from msgspec.structs import replace

from chassis.errors import Rejected
from services.ledger.domain import commands as c
from services.ledger.domain.draft import Draft
from services.ledger.domain.events import AccountEvent, ItemOpened
from services.ledger.domain.payments import release_waiting
from services.ledger.domain.state import Account, is_known
from services.ledger.domain.terms import Terms, require_currency


def check_item(account: Account, command: c.OpenItem, terms: Terms) -> None:
    """Raise `Rejected` for an item that cannot be owed."""
    require_currency(terms, command.currency, f"invoice {command.item_id}")
    if command.amount <= 0:
        raise Rejected(
            f"invoice {command.item_id}: the amount must be above 0, not {command.amount}"
        )
    if is_known(account, "item", command.item_id):
        raise Rejected(f"invoice {command.item_id} is already known on this account")


def open_item(draft: Draft, command: c.OpenItem) -> AccountEvent:
    """Owe an item: money that waits for it or was prepaid settles it as far as it goes."""
    check_item(draft.account, command, draft.terms)
    if command.item_id in draft.closed:
        raise Rejected(f"invoice {command.item_id} is already known on this account")
    due_on = _due_on(draft.terms, command)
    item = draft.new_item(command.item_id, command.item, command.amount, command.issued_on, due_on)
    draft.put(item if command.source == "invoice" else replace(item, source=command.source))
    if draft.waiting:
        release_waiting(draft, command.item_id)
    draft.settle_due()
    return ItemOpened(draft.effects(), command.item_id, command.amount)


def _due_on(terms: Terms, command: c.OpenItem) -> date:
    if command.due_on is not None:
        return command.due_on
    if terms.due_days is None:
        raise Rejected(
            f"invoice {command.item_id} has no due date, and the terms give no days to pay"
        )
    return date.fromordinal(command.issued_on.toordinal() + terms.due_days)
