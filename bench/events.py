"""What the measurements feed: billing events of one creditor, the same for the same seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import orjson

from chassis.bus.base import lane_of

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


def billing_events(
    load: Load, today: date, first: int = 0, accounts: Iterator[int] | None = None
) -> Iterator[Event]:
    """Invoices and payments of these accounts, or of accounts at random, numbered from `first` on;
    nothing is overdue today.
    """
    chance = random.Random(load.seed)
    at = datetime.combine(today, datetime.min.time(), UTC)
    for number in range(first, first + load.events):
        drawn = chance.randrange(load.accounts) if accounts is None else next(accounts)
        account = account_name("A", drawn)
        amount = chance.randrange(1_000, 50_000)
        make = invoice if chance.random() < INVOICE_SHARE else payment
        yield make(number, account, at, amount, load.partitions)


def account_name(kind: str, number: int) -> str:
    """What an account is called."""
    return f"{kind}{number:06d}"


def invoice(
    number: int,
    account: str,
    at: datetime,
    amount: int,
    partitions: int,
    issued_on: date | None = None,
) -> Event:
    """An invoice told at an instant, and issued then or on another day."""
    issued = issued_on or at.date()
    data: dict[str, str | int] = {
        "invoice_id": f"I{number:07d}",
        "account_id": account,
        "item": "fee",
        "amount": amount,
        "currency": "CNY",
        "issued_on": issued.isoformat(),
        "due_on": (issued + timedelta(days=DUE_DAYS)).isoformat(),
    }
    return _event(number, account, at, "billing.invoice.issued.v1", data, partitions)


def payment(number: int, account: str, at: datetime, amount: int, partitions: int) -> Event:
    """A payment received at an instant."""
    data: dict[str, str | int] = {
        "payment_id": f"P{number:07d}",
        "account_id": account,
        "amount": amount,
        "currency": "CNY",
        "received_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "method": "transfer",
    }
    return _event(number, account, at, "billing.payment.received.v1", data, partitions)


def _event(
    number: int,
    account: str,
    at: datetime,
    kind: str,
    data: dict[str, str | int],
    partitions: int,
) -> Event:
    key = f"{CREDITOR}/{account}".encode()
    value = orjson.dumps(
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
    return Event(key, lane_of(key, partitions), value)
