"""What must be in the stores when everything was handled: worked out from the traffic file alone.

A plain addition, written from the rules' words and not from the services: without a late fee an
account's open principal less the money it has waiting is what was invoiced, adjusted and taken back
less what was paid, in whatever order it was told.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.faults import traffic
from tests.faults.traffic import CREDITORS, local_day

Account = tuple[str, str]
Notice = tuple[str, str]
"""Purpose and channel."""

STEPS: dict[str, list[tuple[int, str, str]]] = {
    "mobile": [(1, "reminder", "sms"), (5, "reminder", "voice")],
    "parking": [(1, "arrears_notice", "sms"), (8, "demand", "sms")],
    "service-company": [
        (1, "arrears_notice", "email"),
        (1, "arrears_notice", "sms"),
        (15, "demand", "letter"),
    ],
}
"""Day after the due date, purpose and channel: what the packs' documents ask for."""
REMOTE = ("sms", "email")


@dataclass
class Book:
    """One account as the traffic tells it."""

    dues: list[date] = field(default_factory=list)
    payments: dict[str, int] = field(default_factory=dict)
    invoices: dict[str, int] = field(default_factory=dict)
    reversed: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    changes: int = 0

    @property
    def net(self) -> int:
        """What is owed, below zero when money waits."""
        owed = sum(n for name, n in self.invoices.items() if name not in self.cancelled)
        paid = sum(n for name, n in self.payments.items() if name not in self.reversed)
        return owed + self.changes - paid


@dataclass
class Expected:
    """What the model says of a run up to a tick."""

    books: dict[Account, Book]
    ids: dict[str, Account]
    """Messages that must each have had one effect in the ledger."""
    values: dict[bytes, str]
    """What each record of the topic is, by its bytes."""
    now: datetime
    people: dict[Account, set[str]] = field(default_factory=lambda: defaultdict(set))
    """What tells who a debtor is."""
    erased: set[Account] = field(default_factory=set)

    def is_all_due(self, account: Account) -> bool:
        day = local_day(account[0], self.now)
        return all(due < day for due in self.books[account].dues)

    def must_be_sent(self, account: Account) -> set[Notice]:
        """Notices of an account that never pays, each to be sent once."""
        steps = STEPS[CREDITORS[account[0]][0]]
        due = min(self.books[account].dues)
        long_ago = local_day(account[0], self.now) - timedelta(days=2)
        return {(what, by) for day, what, by in steps if due + timedelta(days=day) <= long_ago}

    def never_pays(self, account: Account) -> bool:
        return account[1].startswith(("silent-", "partial-"))

    def never_owes(self, account: Account) -> bool:
        """Whether nothing of the account was ever overdue, in whatever order it is told."""
        return account[1].startswith(("punctual-", "early-", "corrected-", "cancelled-"))


def expect(path: Path, ticks: int, now: datetime) -> Expected:
    """Read the traffic of the first ticks."""
    found = Expected(defaultdict(Book), {}, {}, now)
    for line in traffic.read(path, ticks):
        if line["is"] == "erase":
            creditor, _, account = line["key"].partition("/")
            found.erased.add((creditor, account))
            continue
        found.values.setdefault(line["value"], line["is"])
        if line["is"] == "valid":
            event = json.loads(line["value"])
            account = (event["creditor"], event["subject"])
            _note(found.books[account], event["type"].split(".", 1)[1], event["data"])
            if event["type"] == "billing.account.upserted.v1":
                found.people[account] |= set(_texts(event["data"]["debtor"]))
            else:
                found.ids[event["id"]] = account
    return found


def _texts(debtor: dict[str, Any]) -> Iterator[str]:
    for name, value in debtor.items():
        if name != "kind":
            yield from [value] if isinstance(value, str) else value


def _note(book: Book, kind: str, data: dict[str, Any]) -> None:
    match kind:
        case "invoice.issued.v1":
            book.invoices[data["invoice_id"]] = data["amount"]
            book.dues.append(date.fromisoformat(data["due_on"]))
        case "invoice.adjusted.v1":
            book.changes += data["change"]
        case "invoice.cancelled.v1":
            book.cancelled.add(data["invoice_id"])
        case "payment.received.v1":
            book.payments[data["payment_id"]] = data["amount"]
        case "payment.reversed.v1":
            book.reversed.add(data["payment_id"])
