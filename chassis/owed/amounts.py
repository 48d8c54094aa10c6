"""What is owed on a day, from the ledger's figures: the late fee is a function of the day, and
money that waits is not asked for.
"""

from collections.abc import Iterable
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from chassis.owed.ledger import LedgerView, OpenItem
from contracts.base import AMOUNT_MAX
from contracts.words.allocation import spread
from contracts.words.late_fee import late_fee_at


class OwedItem(Struct, frozen=True):
    """What is owed for one item on a day, in minor units."""

    item_id: str
    item: str
    due_on: date
    principal: int
    late_fee: int


class Owed(Struct, frozen=True):
    """What is owed on a day, in minor units of the currency, and the items it is owed for."""

    currency: str
    principal: int
    late_fee: int
    items: tuple[OwedItem, ...] = ()

    @property
    def total(self) -> int:
        """Principal and late fee."""
        return self.principal + self.late_fee


def overdue_on(view: LedgerView, day: date) -> Owed:
    """What is overdue on a day, less the money that waits.

    Late fees grow by themselves: together with the principal they count up to what can be told.
    While a balance is told in parts, items of the one before may add up to more than the principal:
    money that covers it all leaves nothing to claim.
    """
    items = tuple(
        OwedItem(one.item_id, one.item, one.due_on, one.principal, late_fee_at(one.accrual, day))
        for one in by_age(view.items.values())
        if one.overdue
    )
    gross = Owed(view.currency, view.overdue, sum(one.late_fee for one in items), items)
    owed = less(gross, view.prepaid)
    principal = max(0, owed.principal)
    return replace(owed, principal=principal, late_fee=min(owed.late_fee, AMOUNT_MAX - principal))


def less(owed: Owed, money: int) -> Owed:
    """What is still owed after money, which goes to the items in their order; what it covers
    wholly is left out.
    """
    if money <= 0:
        return owed
    principal, late_fee, left = owed.principal, owed.late_fee, []
    paid = spread(money, ((one.principal, one.late_fee) for one in owed.items))
    for one, (on_principal, on_fee) in zip(owed.items, paid, strict=True):
        principal -= on_principal
        late_fee -= on_fee
        if (on_principal, on_fee) != (one.principal, one.late_fee):
            open_principal, open_fee = one.principal - on_principal, one.late_fee - on_fee
            left.append(replace(one, principal=open_principal, late_fee=open_fee))
    return Owed(owed.currency, principal, late_fee, tuple(left))


def by_age(items: Iterable[OpenItem]) -> list[OpenItem]:
    """Items in the order in which money goes to them: the one that fell due first is first."""
    return sorted(items, key=age)


def age(item: OpenItem) -> tuple[date, str]:
    """What items are ordered by."""
    return item.due_on, item.item_id
