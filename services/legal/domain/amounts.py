"""What a document claims on a day: from the ledger's figures, or from those it was decided on."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from msgspec import Struct

from services.legal.domain.events import ClaimItem, OpenItem
from services.legal.domain.state import LedgerView, PendingDocument


class Claim(Struct, frozen=True):
    """A claim in minor units of its currency."""

    currency: str
    principal: int
    late_fee: int
    items: tuple[ClaimItem, ...]

    @property
    def total(self) -> int:
        """Principal and late fee."""
        return self.principal + self.late_fee


def claim(view: LedgerView, request: PendingDocument, day: date) -> Claim:
    """The ledger's figures of the day when it is as new as the decision, else the decision's."""
    if view.version < request.ledger_version or view.version == 0:
        return Claim(request.currency, request.principal, request.late_fee, request.items)
    items = tuple(
        ClaimItem(one.item_id, one.item, one.due_on, one.principal, late_fee(one, day))
        for one in sorted(view.items.values(), key=_by_age)
        if one.overdue
    )
    fee = sum(one.late_fee for one in items)
    return Claim(view.currency, view.overdue, fee, items)


def late_fee(item: OpenItem, day: date) -> int:
    """The unpaid late fee of an item through `day`: rounded half-up, between zero and its cap."""
    if item.accrual_through is None:
        return 0
    days = max(0, (day - item.accrual_through).days)
    accrued = min(Decimal(item.cap), Decimal(item.accrued) + Decimal(item.per_day) * days)
    return max(0, int(accrued.quantize(Decimal(1), ROUND_HALF_UP)) - item.settled)


def _by_age(item: OpenItem) -> tuple[date, str]:
    return item.due_on, item.item_id
