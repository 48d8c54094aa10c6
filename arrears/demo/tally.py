"""Counts what the services say they did."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

_COUNTED = {
    "dunning.case.opened.v1": "cases opened",
    "dunning.case.closed.v1": "cases closed",
    "dunning.restriction.requested.v1": "restrictions made",
    "dunning.restoration.requested.v1": "restrictions lifted",
    "dunning.task.requested.v1": "tasks given",
    "dunning.referral.made.v1": "referrals",
    "dunning.approval.requested.v1": "approvals asked for",
    "dunning.alert.raised.v1": "alerts",
    "legal.document.issued.v1": "legal documents",
}


@dataclass
class Tally:
    """Sums over all messages heard; amounts in minor units and cases opened, by creditor."""

    events_in: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    cases: Counter[str] = field(default_factory=Counter)
    notices: Counter[str] = field(default_factory=Counter)
    _items: dict[tuple[str, str], int] = field(default_factory=dict)
    _payments: dict[tuple[str, str], int] = field(default_factory=dict)

    def hear(self, event: dict[str, Any]) -> None:
        """Take one message of the ledger, dunning, the notifier or legal into account."""
        kind, data, creditor = event["type"], event["data"], event["creditor"]
        if kind in _COUNTED:
            self.counts[_COUNTED[kind]] += 1
            if kind == "dunning.case.opened.v1":
                self.cases[creditor] += 1
        elif kind == "notifier.notice.sent.v1":
            self.notices[data["channel"]] += 1
        elif kind == "ledger.balance.changed.v1":
            for item in data.get("items", ()):
                cancelled = item.get("state") == "cancelled"
                self._items[creditor, item["item_id"]] = 0 if cancelled else item["amount"]
        elif kind == "ledger.payment.allocated.v1":  # said again when money is allocated anew
            self._payments[creditor, data["payment_id"]] = data["amount"]
        elif kind == "ledger.payment.reversed.v1":
            self._payments.pop((creditor, data["payment_id"]), None)

    @property
    def billed(self) -> Counter[str]:
        """Invoiced, with corrections and without what was cancelled, by creditor."""
        return _by_creditor(self._items)

    @property
    def collected(self) -> Counter[str]:
        """Paid and not reversed, by creditor."""
        return _by_creditor(self._payments)


def _by_creditor(amounts: dict[tuple[str, str], int]) -> Counter[str]:
    total: Counter[str] = Counter()
    for (creditor, _), amount in amounts.items():
        total[creditor] += amount
    return total
