"""Commands that correct what is owed: credit notes, cancellations, write-offs, refunds."""

from msgspec.structs import replace

from chassis.errors import NotFound, Rejected
from contracts.base import AMOUNT_MAX
from services.ledger.domain import commands as c
from services.ledger.domain import late_fee
from services.ledger.domain.draft import Draft
from services.ledger.domain.events import (
    AccountEvent,
    CreditGranted,
    ItemAdjusted,
    ItemCancelled,
    ItemsWrittenOff,
    Part,
    RefundFellDue,
)
from services.ledger.domain.state import Item
from services.ledger.domain.terms import require_currency


def find(draft: Draft, item_id: str) -> Item:
    """The item, open or closed; raises `NotFound` when the account has none of that id."""
    item = draft.items.get(item_id) or draft.closed.get(item_id)
    if item is None:
        raise NotFound(f"invoice {item_id} is not known on this account")
    return item


def adjust_item(draft: Draft, command: c.AdjustItem) -> AccountEvent:
    """Change an item's amount; for the late fee it counts from the next day. What was paid above it
    is free again, and so is what a credit note has above the amount.
    """
    item = _correctable(draft, command.item_id)
    amount = item.amount + command.change
    if amount > AMOUNT_MAX:
        raise Rejected(
            f"adjustment {command.adjustment_id}: invoice {item.id} would come to {amount}; "
            f"no more than {AMOUNT_MAX} can be kept"
        )
    lower_amount(draft, item, max(0, amount), from_the_beginning=False)
    draft.hold(max(0, -amount))
    draft.settle_due()
    return ItemAdjusted(
        effects=draft.effects(),
        item_id=item.id,
        adjustment_id=command.adjustment_id,
        change=command.change,
    )


def grant_credit(draft: Draft, command: c.GrantCredit) -> AccountEvent:
    """Take in a credit note that names no invoice: it goes where free money goes."""
    require_currency(draft.terms, command.currency, f"credit {command.credit_id}")
    draft.hold(command.amount)
    draft.settle_due()
    return CreditGranted(draft.effects(), command.credit_id, command.amount)


def cancel_item(draft: Draft, command: c.CancelItem) -> AccountEvent:
    """Owe an invoice no longer, nor any late fee on it; what was paid on it is free again."""
    item = _correctable(draft, command.item_id)
    void(draft, item)
    draft.settle_due()
    return ItemCancelled(draft.effects(), item.id)


def write_off(draft: Draft, command: c.WriteOff) -> AccountEvent | None:
    """Give items up: principal and late fee of the day; a later payment is a recovery, up to that
    amount.
    """
    limits = {item_id: (principal, fee) for item_id, principal, fee in command.at_most}
    item_ids = tuple(limits) or command.item_ids
    if item_ids:
        items = [item for item_id in item_ids if (item := find(draft, item_id)).status == "open"]
    else:
        items = draft.fallen_due()
    parts = []
    for item in items:
        owed = item.principal, draft.fee_due(item)
        principal, fee = limits.get(item.id, owed)
        parts.append(_give_up(draft, item, min(principal, owed[0]), min(fee, owed[1])))
    if not parts:
        return None
    return ItemsWrittenOff(draft.effects(), tuple(parts), command.item_ids)


def _give_up(draft: Draft, item: Item, principal: int, fee: int) -> Part:
    """Write off so much of an item; what is left of its principal is still owed."""
    draft.lost[item.id] = principal + fee
    if principal < item.principal:
        kept = item.fee
        if kept is not None:
            kept = late_fee.moved(replace(kept, waived=kept.waived + fee), draft.day, -principal)
        draft.put(replace(item, principal=item.principal - principal, fee=kept))
    else:
        draft.put(
            replace(item, principal=0, status="written_off", overdue=False, disputes=(), plans=())
        )
    return Part(item.id, principal, fee)


def refund(draft: Draft, command: c.Refund) -> AccountEvent:
    """Let prepaid money be paid back on request."""
    amount = draft.prepaid if command.amount is None else command.amount
    if amount <= 0:
        raise Rejected("there is no prepaid money to refund")
    missing = max(0, amount - draft.prepaid)
    if missing and not command.paid_out:
        raise Rejected(f"a refund of {amount} is more than the {draft.prepaid} prepaid")
    draft.prepaid -= amount - missing
    if missing:
        owed = draft.new_item(
            f"refund:{command.refund_id}", "refund_reclaimed", missing, draft.day, draft.day
        )
        draft.put(replace(owed, source="charge"))
    if not draft.prepaid:
        draft.prepaid_on = None
    return RefundFellDue(draft.effects(), command.refund_id, amount)


def lower_amount(draft: Draft, item: Item, amount: int, *, from_the_beginning: bool) -> None:
    """Give an item another amount and free what was paid above it, late fee included.

    From the beginning (a decision) the late fee is what it would have been on the new amount; else
    the change counts from the next day.
    """
    paid = item.amount - item.principal
    freed = max(0, paid - amount)
    principal = amount - (paid - freed)
    fee = item.fee
    if fee is not None and from_the_beginning:
        fee = late_fee.moved(late_fee.lowered(fee, amount), draft.day, freed)
    elif fee is not None:
        fee = late_fee.moved(fee, draft.day, amount - item.amount, note=True)
        fee = late_fee.moved(fee, draft.day, freed)
    if fee is not None:
        owed = max(0, late_fee.charged(fee, draft.terms, draft.day) - fee.waived)
        excess = max(0, fee.paid - owed)
        fee = replace(
            fee,
            paid=fee.paid - excess,
            waived=min(fee.waived, late_fee.charged(fee, draft.terms, draft.day)),
        )
        freed += excess
    draft.put(replace(item, amount=amount, principal=principal, fee=fee, status="open"))
    draft.hold(freed)


def void(draft: Draft, item: Item) -> None:
    """Cancel an item: nothing was ever owed on it."""
    freed = item.amount - item.principal
    fee = item.fee
    if fee is not None:
        freed += fee.paid
        fee = replace(fee, base=0, paid=0, waived=0, moves=(), stops=())
    draft.put(
        replace(
            item,
            amount=0,
            principal=0,
            status="cancelled",
            overdue=False,
            fee=fee,
            disputes=(),
            plans=(),
        )
    )
    draft.hold(freed)


def _correctable(draft: Draft, item_id: str) -> Item:
    item = find(draft, item_id)
    if item.status in ("cancelled", "written_off"):
        raise Rejected(
            f"invoice {item_id} is {item.status.replace('_', ' ')} and can no longer be changed"
        )
    return item
