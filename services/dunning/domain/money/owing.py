"""What is owed on a day, from the account's own view of its items (rules of all packs: overdue)."""

from collections.abc import Iterable, Sequence
from datetime import date

from contracts.base import AMOUNT_MAX
from contracts.words.allocation import spread
from contracts.words.late_fee import late_fee_at
from services.dunning.domain.account import Account
from services.dunning.domain.localtime import ONE_DAY
from services.dunning.domain.money.state import Item, Owed, OwedItem


def is_unpaid(item: Item, day: date) -> bool:
    """Whether any part of it, principal or late fee, is left."""
    return item.principal > 0 or late_fee_at(item.accrual, day) > 0


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
    items = past_due(state, day)
    if not state.disputes:
        return items
    disputed = disputed_ids(state)
    return [item for item in items if item.item_id not in disputed]


def not_yet_due(state: Account, day: date) -> list[Item]:
    """Unpaid items due after a day, the earliest first."""
    items = [i for i in state.items.values() if i.due_on > day and is_unpaid(i, day)]
    return sorted(items, key=_age)


def overdue_principal(state: Account, day: date) -> int:
    """Principal of the overdue items, as far as a message can tell it: while an update comes in
    parts, items stand beside one another that never were owed together.
    """
    return min(sum(item.principal for item in overdue(state, day)), AMOUNT_MAX)


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


def waiting_for(state: Account, items: Sequence[Item], day: date, money: int) -> int:
    """What of the `money` that waits is left for these items, of one age or next to one another,
    when the older ones have had theirs: it goes to what falls due, in that order.
    """
    if not money or not items:
        return money
    first, disputed = min(map(_age, items)), disputed_ids(state)
    older = (i for i in state.items.values() if _age(i) < first and i.item_id not in disputed)
    return max(0, money - sum(i.principal + late_fee_at(i.accrual, day) for i in older))


def asked(state: Account, items: Sequence[Item], day: date) -> Owed:
    """The figures of some items as a notice asks for them: what is owed less what waits (rules of
    all packs: credit).
    """
    return owed(state, items, day, less=waiting_for(state, items, day, state.prepaid))


def owed(state: Account, items: Iterable[Item], day: date, less: int = 0) -> Owed:
    """The figures of some items on a day; `less` is taken off from the first on, and what it covers
    wholly is left out.
    """
    asked_for = list(items)
    due = [(item.principal, late_fee_at(item.accrual, day)) for item in asked_for]
    shown = [
        OwedItem(
            item_id=item.item_id,
            item=item.item,
            due_on=item.due_on,
            principal=owes[0] - paid[0],
            late_fee=owes[1] - paid[1],
        )
        for item, owes, paid in zip(asked_for, due, spread(less, due), strict=True)
        if paid != owes or not any(owes)
    ]
    # A late fee grows by itself; both are told so far as a message can tell them.
    principal = min(sum(item.principal for item in shown), AMOUNT_MAX)
    fee = min(sum(item.late_fee for item in shown), AMOUNT_MAX - principal)
    return Owed(
        as_of=day,
        currency=state.currency,
        principal=principal,
        late_fee=fee,
        total=principal + fee,
        oldest_due_on=min((item.due_on for item in shown), default=None),
        items=tuple(shown),
    )


def covers(state: Account, day: date) -> bool:
    """Whether the waiting money is as much as all that is overdue on a day, late fee included."""
    items = overdue(state, day)
    return state.waiting >= sum(i.principal + late_fee_at(i.accrual, day) for i in items)


def held_until(state: Account, day: date) -> date:
    """The first day from `day` on at which the money waits no longer, or is not enough any more."""
    last = max(state.unmatched.values(), default=day)
    while day < last and covers(state, day):
        day += ONE_DAY
    return day


def _age(item: Item) -> tuple[date, date, str]:
    return (item.due_on, item.issued_on, item.item_id)
