"""What a notice asks for on a day, from the ledger's figures: what is owed less the money that
waits. The late fee is a function of the day.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from contracts.words.allocation import spread
from contracts.words.late_fee import late_fee_at
from services.notifier.domain.events import OpenItem
from services.notifier.domain.state import LedgerView, OpenNotice

_UPCOMING = frozenset({"bill", "reminder"})


class Figures(Struct, frozen=True):
    """Amounts of a notice in minor units; `items` are those it is about."""

    currency: str
    principal: int
    late_fee: int
    items: tuple[OpenItem, ...] = ()

    @property
    def total(self) -> int:
        """Principal and late fee."""
        return self.principal + self.late_fee


class Asked(NamedTuple):
    """The figures of a notice, and whether they are about what has yet to fall due."""

    figures: Figures
    upcoming: bool


def asked(view: LedgerView, notice: OpenNotice, day: date) -> Asked:
    """What a notice asks for on `day`, as far as the ledger has told."""
    if not notice.needs_overdue and notice.purpose in _UPCOMING:
        coming = _upcoming(view, day, told_due_on(notice))
        if coming:
            gross = Figures(view.currency, sum(one.principal for one in coming), 0, coming)
            return Asked(_less(gross, _waiting_for(view, coming[0], day), day), upcoming=True)
    items = _in_order(one for one in view.items.values() if one.overdue)
    fee = sum(_late_fee(one, day) for one in items)
    gross = Figures(view.currency, view.overdue, fee, items)
    return Asked(_less(gross, view.prepaid, day), upcoming=False)


def told_due_on(notice: OpenNotice) -> date | None:
    """The one due date a reminder is about, as the request names it; a bill is about all."""
    told = notice.variables.get("due_on")
    if notice.purpose == "bill" or not isinstance(told, str):
        return None
    try:
        return date.fromisoformat(told)
    except ValueError:
        return None


def _upcoming(view: LedgerView, day: date, due_on: date | None) -> tuple[OpenItem, ...]:
    """What falls due after `day`; with `due_on`, what falls due on that date."""
    return _in_order(
        one
        for one in view.items.values()
        if one.principal > 0 and (one.due_on == due_on if due_on else one.due_on > day)
    )


def _waiting_for(view: LedgerView, first: OpenItem, day: date) -> int:
    """What of the money that waits is left when what comes before `first` has had its part."""
    before = (
        one
        for one in view.items.values()
        if (one.overdue or one.due_on > day) and _by_age(one) < _by_age(first)
    )
    return view.prepaid - sum(one.principal + _late_fee(one, day) for one in before)


def _less(figures: Figures, money: int, day: date) -> Figures:
    """The figures less money that waits: it goes to the items in their order, and what it covers
    wholly is left out.
    """
    if money <= 0:
        return figures
    principal, late_fee, left = figures.principal, figures.late_fee, []
    owed = [(one.principal, _late_fee(one, day) if late_fee else 0) for one in figures.items]
    for one, due, paid in zip(figures.items, owed, spread(money, owed), strict=True):
        principal -= paid[0]
        late_fee -= paid[1]
        if paid != due:
            left.append(replace(one, principal=one.principal - paid[0]))
    return Figures(figures.currency, principal, late_fee, tuple(left))


def _in_order(items: Iterable[OpenItem]) -> tuple[OpenItem, ...]:
    return tuple(sorted(items, key=_by_age))


def _by_age(item: OpenItem) -> tuple[date, str]:
    return item.due_on, item.item_id


def _late_fee(item: OpenItem, day: date) -> int:
    return 0 if item.accrual is None else late_fee_at(item.accrual, day)
