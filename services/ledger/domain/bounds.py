"""How large an account's sums may become: as large as a message can tell them exactly.

What would raise a sum beyond is refused. What nobody asked for is not: a late fee that grows by
itself stops where its account's sums do.
"""

from chassis.errors import Rejected
from contracts.base import AMOUNT_MAX
from services.ledger.domain import late_fee
from services.ledger.domain.events import AccountEvent
from services.ledger.domain.state import Account, Item
from services.ledger.domain.terms import Terms


def require_bounded(account: Account, event: AccountEvent, terms: Terms) -> None:
    """Raise `Rejected` when an event raises what is owed, or the money on the account, too far."""
    before, after = account.balance, event.effects.balance
    if after.principal > before.principal:
        owed = after.principal + _fees(account, event, terms)
        if owed > AMOUNT_MAX:
            raise Rejected(
                f"the account would owe up to {owed} with its late fees; "
                f"no more than {AMOUNT_MAX} can be kept"
            )
    money = after.prepaid + sum(one.amount for one in event.effects.coming)
    if money > AMOUNT_MAX and money > before.prepaid + sum(one.amount for one in account.coming):
        raise Rejected(
            f"the account would hold {money} of money; no more than {AMOUNT_MAX} can be kept"
        )


def _fees(account: Account, event: AccountEvent, terms: Terms) -> int:
    """The most that the late fees of all open items can come to."""
    if not terms.rates:
        return 0
    items: dict[str, Item] = {item.id: item for item in (*account.items, *event.effects.items)}
    fees = (item.fee for item in items.values() if item.status == "open")
    return sum(late_fee.cap(fee, terms) for fee in fees if fee is not None)
