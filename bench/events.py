"""What the measurements feed: billing events of one creditor, the same for the same seed."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import orjson

from chassis.bus.base import lane_of

Body = tuple[str, dict[str, str | int]]
"""A message's type and data."""

CREDITOR = "bench"
INVOICE_SHARE = 0.7
DUE_DAYS = 30


@dataclass(frozen=True)
class Load:
    """How much is fed: the figures of the acceptance by default."""

    events: int = 400_000
    accounts: int = 50_000
    partitions: int = 4
    seed: int = 20


@dataclass(frozen=True, slots=True)
class Event:
    """A CloudEvent in structured mode, about 340 bytes, with its key and partition."""

    key: bytes
    partition: int
    value: bytes


def billing_events(load: Load, today: date) -> Iterator[Event]:
    """Invoices and payments in random order of accounts; nothing is overdue today."""
    chance = random.Random(load.seed)
    at = datetime.combine(today, datetime.min.time(), UTC)
    for number in range(load.events):
        account = f"A{chance.randrange(load.accounts):06d}"
        amount = chance.randrange(1_000, 50_000)
        is_invoice = chance.random() < INVOICE_SHARE
        value = _envelope(number, account, at, _invoice if is_invoice else _payment, amount)
        key = f"{CREDITOR}/{account}".encode()
        yield Event(key, lane_of(key, load.partitions), value)


def _envelope(
    number: int, account: str, at: datetime, make: Callable[..., Body], amount: int
) -> bytes:
    kind, data = make(number, account, at, amount)
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": f"e{number:07d}",
            "source": "bench",
            "type": kind,
            "subject": account,
            "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creditor": CREDITOR,
            "datacontenttype": "application/json",
            "data": data,
        }
    )


def _invoice(number: int, account: str, at: datetime, amount: int) -> Body:
    return "billing.invoice.issued.v1", {
        "invoice_id": f"I{number:07d}",
        "account_id": account,
        "item": "fee",
        "amount": amount,
        "currency": "CNY",
        "issued_on": at.date().isoformat(),
        "due_on": (at.date() + timedelta(days=DUE_DAYS)).isoformat(),
    }


def _payment(number: int, account: str, at: datetime, amount: int) -> Body:
    return "billing.payment.received.v1", {
        "payment_id": f"P{number:07d}",
        "account_id": account,
        "amount": amount,
        "currency": "CNY",
        "received_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "method": "transfer",
    }
