"""What a document claims on a day: from the ledger's figures, or from those it was decided on."""

from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from contracts.words.allocation import spread
from contracts.words.late_fee import late_fee_at
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
    """The ledger's figures of the day when it is as new as the decision, else the decision's; money
    that waits on the account is not claimed.
    """
    if view.version < request.ledger_version or view.version == 0:
        return Claim(request.currency, request.principal, request.late_fee, request.items)
    items = tuple(
        ClaimItem(one.item_id, one.item, one.due_on, one.principal, _late_fee(one, day))
        for one in sorted(view.items.values(), key=_by_age)
        if one.overdue
    )
    fee = sum(one.late_fee for one in items)
    return _less(Claim(view.currency, view.overdue, fee, items), view.prepaid)


def _less(claim: Claim, money: int) -> Claim:
    """The claim less money, which goes to the items in their order; what it covers is left out."""
    principal, late_fee, left = claim.principal, claim.late_fee, []
    paid = spread(money, ((one.principal, one.late_fee) for one in claim.items))
    for one, (on_principal, on_fee) in zip(claim.items, paid, strict=True):
        principal -= on_principal
        late_fee -= on_fee
        open_principal, open_fee = one.principal - on_principal, one.late_fee - on_fee
        if open_principal or open_fee:
            left.append(replace(one, principal=open_principal, late_fee=open_fee))
    return Claim(claim.currency, principal, late_fee, tuple(left))


def _late_fee(item: OpenItem, day: date) -> int:
    return 0 if item.accrual is None else late_fee_at(item.accrual, day)


def _by_age(item: OpenItem) -> tuple[date, str]:
    return item.due_on, item.item_id
