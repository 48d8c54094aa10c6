"""What the ledger says in the tests of what services keep of it."""

from datetime import date
from typing import Any

from chassis.owed.ledger import FollowBalance, FollowClearance, LedgerView, follow_balance, seen
from contracts import ledger

DUE = date(2026, 3, 8)
TODAY = date(2026, 3, 10)


def item(item_id: str = "I-1", principal: int = 1000, **changes: Any) -> dict[str, Any]:
    """An overdue item, as the ledger tells it."""
    return {
        "item_id": item_id,
        "item": "rent",
        "amount": max(principal, 1),
        "due_on": DUE,
        "original_due_on": DUE,
        "issued_on": DUE,
        "principal": principal,
        "overdue": True,
    } | changes


def balance(version: int, *items: dict[str, Any], **changes: Any) -> FollowBalance:
    """A changed balance, with the items that changed."""
    overdue = sum(one["principal"] for one in items if one["overdue"])
    told = {
        "account_id": "P-1",
        "ledger_version": version,
        "as_of": TODAY,
        "currency": "CNY",
        "principal": overdue,
        "overdue": overdue,
        "late_fee": 0,
        "prepaid": 0,
        "oldest_due_on": DUE if overdue else None,
        "reason": "test",
        "items": items,
    } | changes
    return FollowBalance(ledger.BalanceChanged.model_validate(told))


def clearance(version: int) -> FollowClearance:
    """Nothing is overdue any more."""
    told = {"account_id": "P-1", "ledger_version": version, "as_of": TODAY}
    return FollowClearance(ledger.AccountCleared.model_validate(told))


def view_of(*balances: FollowBalance) -> LedgerView:
    """A view after some balances."""
    view = LedgerView()
    for one in balances:
        for event in follow_balance(view, one):
            view = seen(view, event)
    return view
