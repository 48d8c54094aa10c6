"""The common case in few steps: an invoice or an unnamed payment where no late fee is agreed and
nothing waits.

Each function answers the very event the general path in `decide` would, or `None` when the case is
not that simple; a test holds them equal.
"""

from datetime import date

from services.ledger.domain.calendar import next_day
from services.ledger.domain.commands import OpenItem, ReceivePayment
from services.ledger.domain.events import Effects, ItemOpened, Part, PaymentReceived
from services.ledger.domain.state import Account, Balance, Item
from services.ledger.domain.terms import Terms


def open_item(account: Account, command: OpenItem, day: date, terms: Terms) -> ItemOpened | None:
    """Open an item no money waits for."""
    due_on = command.due_on
    if due_on is None or not _is_simple(account, terms):
        return None
    if account.prepaid and due_on <= day:
        return None
    amount = command.amount
    overdue = due_on < day
    item = Item(
        command.item_id,
        command.item,
        amount,
        amount,
        command.issued_on,
        due_on,
        due_on,
        account.opened,
        overdue,
        "open",
        None,
        (),
        (),
        None,
        command.source,
    )
    before = account.balance
    oldest = before.oldest_due_on
    wake_on = account.wake_on
    if overdue:
        oldest = due_on if oldest is None or due_on < oldest else oldest
    else:
        wakes = due_on if account.prepaid else next_day(due_on)
        wake_on = wakes if wake_on is None or wakes < wake_on else wake_on
    balance = Balance(
        before.principal + amount,
        before.overdue + amount if overdue else before.overdue,
        0,
        before.prepaid,
        oldest,
        terms.currency,
    )
    effects = Effects(
        day,
        balance,
        (item,),
        prepaid=account.prepaid,
        prepaid_on=account.prepaid_on,
        fee_from=account.fee_from,
        wake_on=wake_on,
        terms=terms if account.terms is None else None,
        overdue=(item.id,) if overdue else (),
    )
    return ItemOpened(effects, item.id, amount)


def receive_payment(
    account: Account, command: ReceivePayment, day: date, terms: Terms
) -> PaymentReceived | None:
    """Allocate a payment that names nothing to what has fallen due, oldest first."""
    if command.invoices or account.lost or not _is_simple(account, terms):
        return None
    left = command.amount + account.prepaid
    changed: list[Item] = []
    parts: list[Part] = []
    principal, overdue = account.balance.principal, account.balance.overdue
    oldest = wake_on = None
    owed = owes = False
    for item in account.items:
        if item.disputes:
            return None
        part = min(left, item.principal) if item.due_on <= day else 0
        if part:
            left -= part
            principal -= part
            owed = owed or item.overdue
            overdue -= part if item.overdue else 0
            parts.append(Part(item.id, part, 0))
            changed.append(_paid(item, part))
            if part == item.principal:
                continue
        if item.overdue:
            owed = owes = True
            oldest = item.due_on if oldest is None else oldest
        elif wake_on is None:
            wake_on = item.due_on if left else next_day(item.due_on)
    effects = Effects(
        day,
        Balance(principal, overdue, 0, left, oldest, terms.currency),
        tuple(changed),
        parts=tuple(parts),
        prepaid=left,
        prepaid_on=day if left else None,
        fee_from=None if owed and not owes else account.fee_from,
        wake_on=wake_on,
        terms=terms if account.terms is None else None,
        settled=tuple(item.id for item in changed if item.status == "settled"),
        cleared=owed and not owes,
    )
    return PaymentReceived(
        effects,
        command.payment_id,
        command.amount,
        command.method,
        command.received_at,
        (),
        command.collected_by,
    )


def _is_simple(account: Account, terms: Terms) -> bool:
    known = account.terms
    return (
        (known is None or known.revision == terms.revision)
        and not terms.rates
        and not account.waiting
        and not account.lost
    )


def _paid(item: Item, part: int) -> Item:
    """The item with a part of its principal paid."""
    left = item.principal - part
    return Item(
        item.id,
        item.item,
        item.amount,
        left,
        item.issued_on,
        item.original_due_on,
        item.due_on,
        item.seq,
        item.overdue and left > 0,
        "open" if left else "settled",
        None,
        (),
        item.plans,
        item.deferred_until,
        item.source,
    )
