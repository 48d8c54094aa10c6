"""What became of an account's items within one decision."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from services.ledger.domain.calendar import next_day
from services.ledger.domain.state import Item


class Changes(NamedTuple):
    """The ids of items that became overdue, settled, or open again; whether any is overdue now, and
    whether any keeps a case open.
    """

    overdue: tuple[str, ...]
    settled: tuple[str, ...]
    reopened: tuple[str, ...]
    is_overdue: bool
    owes: bool


def changes(items: Iterable[Item], before: Mapping[str, Item], day: date) -> Changes:
    """Compare items with what they were before, by id."""
    overdue, settled, reopened = [], [], []
    is_overdue = still = False
    for item in items:
        is_overdue = is_overdue or item.overdue
        still = still or owes(item, day)
        was = before.get(item.id)
        if item.overdue and not (was and was.overdue):
            overdue.append(item.id)
        if item.status == "settled" and not (was and was.status == "settled"):
            settled.append(item.id)
        if was and was.status != "open" and item.status == "open":
            reopened.append(item.id)
    return Changes(tuple(overdue), tuple(settled), tuple(reopened), is_overdue, owes=still)


def wake_on(items: Iterable[Item], money_waits: bool) -> date | None:
    """The next local day at whose beginning an item falls due for waiting money, or becomes
    overdue.

    A disputed item has nothing to wait for, an overdue one has been through it.
    """
    wake: date | None = None
    for item in items:
        if item.overdue or item.disputes or item.status != "open":
            continue
        day = item.due_on if money_waits else next_day(item.due_on)
        if wake is None or day < wake:
            wake = day
    return wake


def owes(item: Item, day: date) -> bool:
    """Whether an item keeps a case open: overdue, or past due and disputed."""
    return item.overdue or (item.status == "open" and bool(item.disputes) and item.due_on < day)
