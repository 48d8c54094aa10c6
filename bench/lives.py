"""Lives of accounts: what a billing platform tells of each, from its first day to the payment that
ends its one case.

Ten messages: who owes, three bills paid in time, one that is not, the next one, and then a payment
of both. In between the pack `mobile` reminds by text, reminds by voice and bars outgoing calls, and
the payment restores them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from arrears.billing import Event, cloud_event
from chassis.bus.base import Outgoing, lane_of

CREDITOR = "bench"
POLICY: str = orjson.loads(Path(__file__).with_suffix(".json").read_bytes())["policy"]
"""Packs are named by data alone."""
ZONE = ZoneInfo("Asia/Shanghai")
FEE = 12_900
PAID_BILLS = 3
UNPAID_DUE_DAY = 12
PAID_AT_LAST_DAY = 22
LAST_DAY = 31
"""Behind which nothing is left to do in a life: its last bill has come due and was paid before."""


@dataclass(frozen=True)
class Life:
    """The life of account `number`, which begins on a day."""

    number: int
    begins_on: date

    @property
    def account(self) -> str:
        """What the billing platform calls it."""
        return f"A{self.number:07d}"

    def events(self) -> Iterator[tuple[datetime, Event]]:
        """What is told of it, and when, in order."""
        yield self.registered()
        for bill in range(PAID_BILLS):
            yield self.invoice(bill, 3 * bill, 3 * bill + 3)
            yield self.payment(bill, 3 * bill + 2, FEE + bill)
        unpaid, following = PAID_BILLS, PAID_BILLS + 1
        yield self.invoice(unpaid, UNPAID_DUE_DAY - 3, UNPAID_DUE_DAY)
        yield self.invoice(following, UNPAID_DUE_DAY, LAST_DAY - 1)
        yield self.payment(unpaid, PAID_AT_LAST_DAY, 2 * FEE + unpaid + following)

    def registered(self) -> tuple[datetime, Event]:
        """Who owes."""
        debtor = {
            "name": f"王小明{self.number % 1000}",
            "kind": "natural_person",
            "phones": [f"+86138{self.number:08d}"],
            "emails": [f"debtor{self.number}@example.com"],
            "addresses": [f"北京市海淀区中关村大街{self.number % 500}号3单元501室"],
        }
        return self._event("account.upserted.v1", "U", 0, 1, {"debtor": debtor})

    def invoice(self, bill: int, day: int, due_day: int) -> tuple[datetime, Event]:
        """A bill of some day, and the day on which it is due."""
        data = {
            "invoice_id": f"I{self.number}-{bill}",
            "item": "telephone_fee",
            "amount": FEE + bill,
            "currency": "CNY",
            "issued_on": self._day(day),
            "due_on": self._day(due_day),
        }
        return self._event("invoice.issued.v1", f"I{bill}", day, 2, data)

    def payment(self, bill: int, day: int, amount: int) -> tuple[datetime, Event]:
        """Its payment."""
        data = {
            "payment_id": f"P{self.number}-{bill}",
            "amount": amount,
            "currency": "CNY",
            "method": "transfer",
            "received_at": self._at(day, 11),
        }
        return self._event("payment.received.v1", f"P{bill}", day, 11, data)

    def _event(
        self, kind: str, name: str, day: int, hour: int, data: dict[str, Any]
    ) -> tuple[datetime, Event]:
        at = self._at(day, hour)
        event = cloud_event(
            kind,
            creditor=CREDITOR,
            account=self.account,
            id=f"{name}-{self.number}",
            at=at,
            data={"account_id": self.account, **data},
            source="bss",
        )
        return at, event

    def _day(self, day: int) -> date:
        return self.begins_on + timedelta(days=day)

    def _at(self, day: int, hour: int) -> datetime:
        return datetime.combine(self._day(day), time(hour), ZONE)


def lives(accounts: int, begins_on: date, days: int) -> Iterator[Life]:
    """So many lives, which begin evenly spread over some days."""
    for number in range(accounts):
        yield Life(number, begins_on + timedelta(days=number % days))


def message(event: Event, partitions: int) -> Outgoing:
    """A billing event as it goes onto the bus."""
    key = f"{CREDITOR}/{event['subject']}".encode()
    return Outgoing("billing", lane_of(key, partitions), key, orjson.dumps(event))
