"""What a notice asks for on a day: what is overdue, or what has yet to fall due."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from chassis.owed.amounts import Owed, OwedItem, age, by_age, less, overdue_on
from chassis.owed.ledger import LedgerView, OpenItem
from contracts.words.late_fee import late_fee_at
from services.notifier.domain.events import Wanted

_UPCOMING = frozenset({"bill", "reminder"})


class Asked(NamedTuple):
    """The figures of a notice, and whether they are about what has yet to fall due."""

    figures: Owed
    upcoming: bool


def asked(view: LedgerView, notice: Wanted, day: date) -> Asked:
    """What a notice asks for on `day`, as far as the ledger has told, less the money that waits."""
    if not notice.needs_overdue and notice.purpose in _UPCOMING:
        coming = _upcoming(view, day, told_due_on(notice))
        if coming:
            money = _waiting_for(view, coming[0], day)
            return Asked(less(_principal_of(view, coming), money), upcoming=True)
    return Asked(overdue_on(view, day), upcoming=False)


def told_due_on(notice: Wanted) -> date | None:
    """The one due date a reminder is about, as the request names it; a bill is about all."""
    told = notice.variables.get("due_on")
    if notice.purpose == "bill" or not isinstance(told, str):
        return None
    try:
        return date.fromisoformat(told)
    except ValueError:
        return None


def _upcoming(view: LedgerView, day: date, due_on: date | None) -> list[OpenItem]:
    """What falls due after `day`; with `due_on`, what falls due on that date."""
    return by_age(
        one
        for one in view.items.values()
        if one.principal > 0 and (one.due_on == due_on if due_on else one.due_on > day)
    )


def _principal_of(view: LedgerView, items: Iterable[OpenItem]) -> Owed:
    """What has yet to fall due bears no late fee."""
    owed = tuple(OwedItem(one.item_id, one.item, one.due_on, one.principal, 0) for one in items)
    return Owed(view.currency, sum(one.principal for one in owed), 0, owed)


def _waiting_for(view: LedgerView, first: OpenItem, day: date) -> int:
    """What of the money that waits is left when what comes before `first` has had its part."""
    before = (
        one
        for one in view.items.values()
        if (one.overdue or one.due_on > day) and age(one) < age(first)
    )
    return view.prepaid - sum(one.principal + late_fee_at(one.accrual, day) for one in before)
