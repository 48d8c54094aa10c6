"""What is owed on a day, from the ledger's figures: the late fee is a function of the day."""

from datetime import date

from msgspec import Struct

from contracts.ledger import late_fee_at
from services.notifier.domain.events import OpenItem
from services.notifier.domain.state import LedgerView, OpenNotice


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


def overdue_figures(view: LedgerView, day: date) -> Figures:
    """What is overdue on `day`, late fee included."""
    items = tuple(sorted((one for one in view.items.values() if one.overdue), key=_by_age))
    fee = sum(_late_fee(one, day) for one in items)
    return Figures(view.currency, view.overdue, fee, items)


def upcoming_figures(view: LedgerView, day: date, due_on: date | None) -> Figures:
    """What falls due after `day`; with `due_on`, what falls due on that date."""
    items = tuple(
        sorted(
            (
                one
                for one in view.items.values()
                if one.principal > 0 and (one.due_on == due_on if due_on else one.due_on > day)
            ),
            key=_by_age,
        )
    )
    return Figures(view.currency, sum(one.principal for one in items), 0, items)


def told_due_on(notice: OpenNotice) -> date | None:
    """The one due date a reminder is about, as the request names it; a bill is about all."""
    told = notice.variables.get("due_on")
    if notice.purpose == "bill" or not isinstance(told, str):
        return None
    try:
        return date.fromisoformat(told)
    except ValueError:
        return None


def _by_age(item: OpenItem) -> tuple[date, str]:
    return item.due_on, item.item_id


def _late_fee(item: OpenItem, day: date) -> int:
    return 0 if item.accrual is None else late_fee_at(item.accrual, day)
