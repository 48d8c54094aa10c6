"""What the ledger tells, message by message, for tests of those who listen to it."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from contracts.ledger import (
    AccountCleared,
    AllocationPart,
    BalanceChanged,
    ItemOverdue,
    ItemState,
    PaymentAllocated,
)


def item_state(amount: int, due: date, today: date, **changes: Any) -> ItemState:
    """An invoice over `amount`; `principal` is what is left of it, where that is less.

    Nothing left is settled; something left is overdue from the day after `due`.
    """
    left = changes.get("principal", amount)
    given = {
        "item_id": "INV-1",
        "item": "medical_fee",
        "amount": amount,
        "principal": left,
        "due_on": due,
        "original_due_on": due,
        "issued_on": due - timedelta(days=7),
        "overdue": bool(left) and due < today,
        "state": "open" if left else "settled",
    }
    return ItemState(**(given | changes))


class LedgerMessages:
    """Makes the ledger's messages about one creditor's accounts; versions count up per account."""

    def __init__(self, currency: str = "CNY") -> None:
        self.currency = currency
        self.versions: Counter[str] = Counter()

    def balance(
        self, account: str, today: date, *items: ItemState, **changes: Any
    ) -> BalanceChanged:
        """The account changed: its figures are those of the items given, as if it had no others."""
        self.versions[account] += 1
        overdue = [item for item in items if item.overdue]
        given = {
            "currency": self.currency,
            "principal": sum(item.principal for item in items),
            "overdue": sum(item.principal for item in overdue),
            "late_fee": 0,
            "prepaid": 0,
            "oldest_due_on": min((item.due_on for item in overdue), default=None),
            "reason": "told",
            "items": items,
        }
        return BalanceChanged(**(self._head(account, today) | given | changes))

    def fell_due(self, account: str, item: ItemState, **changes: Any) -> ItemOverdue:
        """An item was not paid by its due date: said at the start of the day after it."""
        given = {
            "item_id": item.item_id,
            "item": item.item,
            "due_on": item.due_on,
            "outstanding": item.principal,
            "currency": self.currency,
        }
        return ItemOverdue(
            **(self._head(account, item.due_on + timedelta(days=1)) | given | changes)
        )

    def allocated(
        self, account: str, at: datetime, parts: Mapping[str, int], **changes: Any
    ) -> PaymentAllocated:
        """A payment went to items: how much of it to which."""
        amount = sum(parts.values())
        given = {
            "payment_id": "PAY-1",
            "amount": amount,
            "currency": self.currency,
            "method": "transfer",
            "received_at": at,
            "parts": tuple(
                AllocationPart(item_id=item_id, principal=part, late_fee=0)
                for item_id, part in parts.items()
            ),
        }
        return PaymentAllocated(**(self._head(account, at.date()) | given | changes))

    def cleared(self, account: str, today: date) -> AccountCleared:
        """Nothing of the account is overdue any more."""
        return AccountCleared(**self._head(account, today))

    def _head(self, account: str, today: date) -> dict[str, Any]:
        version = self.versions[account]
        return {"account_id": account, "ledger_version": version, "as_of": today}
