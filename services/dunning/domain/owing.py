"""What is owed on a day, from the account's own view of its items (rules of all packs: overdue)."""

from collections.abc import Iterable
from datetime import date

from contracts.ledger import late_fee_at
from services.dunning.domain.state import Account
from services.dunning.domain.values import Accrual, Item, Owed, OwedItem


def late_fee(accrual: Accrual | None, day: date) -> int:
    """The unpaid late fee on a day, rounded half-up to the minor unit."""
    return 0 if accrual is None else late_fee_at(accrual, day)


def is_unpaid(item: Item, day: date) -> bool:
    """Whether any part of it, principal or late fee, is left."""
    return item.principal > 0 or late_fee(item.accrual, day) > 0


def disputed_ids(state: Account) -> frozenset[str]:
    """The items under an open dispute."""
    return frozenset(item_id for dispute in state.disputes for item_id in dispute.item_ids)


def past_due(state: Account, day: date) -> list[Item]:
    """Unpaid items whose due date has passed, disputed or not, oldest first."""
    items = [i for i in state.items.values() if i.due_on < day and is_unpaid(i, day)]
    return sorted(items, key=_age)


def overdue(state: Account, day: date) -> list[Item]:
    """Overdue items, oldest first: past due, unpaid and not disputed (a deferral moves the due
    date).
    """
    disputed = disputed_ids(state)
    return [item for item in past_due(state, day) if item.item_id not in disputed]


def not_yet_due(state: Account, day: date) -> list[Item]:
    """Unpaid items due after a day, the earliest first."""
    items = [i for i in state.items.values() if i.due_on > day and is_unpaid(i, day)]
    return sorted(items, key=_age)


def overdue_principal(state: Account, day: date) -> int:
    """Principal of the overdue items."""
    return sum(item.principal for item in overdue(state, day))


def judgment_unpaid(state: Account) -> bool:
    """Whether the latest judgment of the case still waits for money.

    It is paid when the items that were past due then are, or when as much of their principal is
    gone as was awarded; what fell due later neither pays it nor keeps it unpaid.
    """
    judgment = state.case.judgment if state.case else None
    if judgment is None or not judgment.items:
        return True
    left = [state.items[i] for i in judgment.items if i in state.items]
    if not left or judgment.amount is None:
        return bool(left)
    gone = sum(judgment.items.values()) - sum(item.principal for item in left)
    return gone < judgment.amount


def owed(state: Account, items: Iterable[Item], day: date) -> Owed:
    """The figures of some items on a day, as a notice shows them."""
    shown = tuple(
        OwedItem(
            item_id=item.item_id,
            item=item.item,
            due_on=item.due_on,
            principal=item.principal,
            late_fee=late_fee(item.accrual, day),
        )
        for item in items
    )
    principal = sum(item.principal for item in shown)
    fee = sum(item.late_fee for item in shown)
    return Owed(
        as_of=day,
        currency=state.currency,
        principal=principal,
        late_fee=fee,
        total=principal + fee,
        oldest_due_on=min((item.due_on for item in shown), default=None),
        items=shown,
    )


def _age(item: Item) -> tuple[date, date, str]:
    return (item.due_on, item.issued_on, item.item_id)
