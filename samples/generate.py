"""Writes the sample events: three creditors, 300 accounts, half a year of billing.

`python -m samples.generate [FOLDER]` writes the same bytes every time: everything random comes from
one fixed seed per creditor. Platforms deliver in batches, invoices in the morning and the day's
payments in the evening; what a debtor does follows from a habit drawn once per account.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from operator import itemgetter
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from samples.people import Debtor, company, person

SEED = 20260101
BEGINS = date(2026, 1, 1)
ENDS = date(2026, 6, 30)
ZONE = ZoneInfo("Asia/Shanghai")
ACCOUNTS_AT, INVOICES_AT, PAYMENTS_AT = time(7), time(8), time(18)

Event = dict[str, object]
Data = Mapping[str, object]


@dataclass(frozen=True)
class Creditor:
    """How one creditor bills: `months` are those billed, `due_days` None leaves it to the pack."""

    id: str
    name: str
    prefix: str
    accounts: int
    months: tuple[int, ...]
    share_billed: float
    item: str
    amount_min: int
    amount_max: int
    due_days: int | None
    debtor: Callable[[Random, int], Debtor]
    segment: str


CREDITORS = (
    Creditor(
        id="county-hospital", name="青山县人民医院", prefix="ZY", accounts=100,
        months=(1, 2, 3, 4, 5), share_billed=0.32, item="medical_fee",
        amount_min=40_000, amount_max=2_500_000, due_days=None, debtor=person, segment="inpatient",
    ),
    Creditor(
        id="mobile", name="临江移动", prefix="YD", accounts=120,
        months=(1, 2, 3, 4), share_billed=0.96, item="telephone_fee",
        amount_min=1_900, amount_max=29_900, due_days=20, debtor=person, segment="public",
    ),
    Creditor(
        id="service-company", name="宁远综合服务有限公司", prefix="KH", accounts=80,
        months=(1, 2, 3, 4), share_billed=0.7, item="service_fee",
        amount_min=150_000, amount_max=6_000_000, due_days=15, debtor=company, segment="enterprise",
    ),
)  # fmt: skip

# How long after the due date an account pays, in days: (share of accounts, earliest, latest).
_HABITS = ((0.62, -6, 0), (0.20, 1, 12), (0.10, 13, 45), (0.08, 46, 120))
_NEVER_PAYS = 0.05
_PAYS_IN_TWO_PARTS = 0.08
_REVERSED = 0.015
_CORRECTED = 0.02
_CANCELLED = 0.01
_METHODS = ("transfer", "wechat", "alipay", "card", "cash")
_PACK_DUE_DAYS = 7


class Billing:
    """One creditor's billing platform."""

    def __init__(self, creditor: Creditor, first_number: int) -> None:
        self.creditor = creditor
        self.rng = Random(f"{SEED}/{creditor.id}")
        self.first_number = first_number
        self.found: list[tuple[datetime, Event]] = []

    def run(self) -> list[Event]:
        """Return the creditor's events, oldest first."""
        for index in range(self.creditor.accounts):
            self._account(index)
        return [event for _, event in sorted(self.found, key=itemgetter(0))]

    def _account(self, index: int) -> None:
        account = f"{self.creditor.prefix}-{index + 1:04d}"
        data = {
            "account_id": account,
            "debtor": self.creditor.debtor(self.rng, self.first_number + index),
            "segment": self.creditor.segment,
        }
        self._emit("account.upserted.v1", f"{account}:1", account, BEGINS, ACCOUNTS_AT, data)
        habit = self._habit()
        for month in self.creditor.months:
            if self.rng.random() < self.creditor.share_billed:
                self._invoice(account, month, habit)

    def _habit(self) -> tuple[int, int]:
        drawn = self.rng.random()
        for share, earliest, latest in _HABITS:
            if drawn < share:
                return earliest, latest
            drawn -= share
        return _HABITS[-1][1:]

    def _invoice(self, account: str, month: int, habit: tuple[int, int]) -> None:
        creditor = self.creditor
        invoice = f"{creditor.prefix}{account[-4:]}-{BEGINS.year}{month:02d}"
        issued = date(BEGINS.year, month, 2 + self.rng.randrange(20))
        due = issued + timedelta(days=creditor.due_days or _PACK_DUE_DAYS)
        amount = self._between(creditor.amount_min, creditor.amount_max)
        data: dict[str, object] = {
            "invoice_id": invoice, "account_id": account, "item": creditor.item, "amount": amount,
            "currency": "CNY", "issued_on": issued.isoformat(), "period": issued.strftime("%Y-%m"),
        }  # fmt: skip
        if creditor.due_days is not None:
            data["due_on"] = due.isoformat()
        self._emit("invoice.issued.v1", f"{invoice}:1", account, issued, INVOICES_AT, data)
        if self.rng.random() < _CANCELLED:
            self._cancel(account, invoice, issued)
            return
        if self.rng.random() < _CORRECTED:
            amount -= self._correct(account, invoice, issued, amount)
        if self.rng.random() >= _NEVER_PAYS:
            self._pay(account, invoice, amount, due, habit)

    def _cancel(self, account: str, invoice: str, issued: date) -> None:
        data = {"invoice_id": invoice, "account_id": account, "reason": "billed twice"}
        day = issued + timedelta(days=3)
        self._emit("invoice.cancelled.v1", f"{invoice}:2", account, day, INVOICES_AT, data)

    def _correct(self, account: str, invoice: str, issued: date, amount: int) -> int:
        less = amount // 10
        data = {
            "invoice_id": invoice, "account_id": account, "adjustment_id": f"{invoice}-A1",
            "change": -less, "reason": "tariff corrected",
        }  # fmt: skip
        day = issued + timedelta(days=5)
        self._emit("invoice.adjusted.v1", f"{invoice}:2", account, day, INVOICES_AT, data)
        return less

    def _pay(
        self, account: str, invoice: str, amount: int, due: date, habit: tuple[int, int]
    ) -> None:
        paid_on = due + timedelta(days=self._between(*habit))
        parts = [(paid_on, amount)]
        if self.rng.random() < _PAYS_IN_TWO_PARTS:
            parts = [
                (paid_on, amount // 2),
                (paid_on + timedelta(days=14), amount - amount // 2),
            ]
        for number, (day, part) in enumerate(parts, start=1):
            self._payment(account, f"P-{invoice}-{number}", part, day)
        if self.rng.random() < _REVERSED:
            self._reverse(account, f"P-{invoice}-1", paid_on, amount)

    def _payment(self, account: str, payment: str, amount: int, day: date) -> None:
        received = datetime.combine(day, time(9 + self.rng.randrange(8)), ZONE)
        data: Data = {
            "payment_id": payment, "account_id": account, "amount": amount, "currency": "CNY",
            "received_at": _utc(received), "method": _METHODS[self.rng.randrange(len(_METHODS))],
        }  # fmt: skip
        self._emit("payment.received.v1", f"{payment}:1", account, day, PAYMENTS_AT, data)

    def _reverse(self, account: str, payment: str, paid_on: date, amount: int) -> None:
        data = {"payment_id": payment, "account_id": account, "reason": "returned by the bank"}
        day = paid_on + timedelta(days=2)
        self._emit("payment.reversed.v1", f"{payment}:2", account, day, PAYMENTS_AT, data)
        self._payment(account, f"{payment}-R", amount, day + timedelta(days=10))

    def _between(self, low: int, high: int) -> int:
        return low + self.rng.randrange(high - low + 1)

    def _emit(
        self,
        kind: str,
        id: str,  # noqa: A002 - the attribute's name in CloudEvents
        account: str,
        day: date,
        at: time,
        data: Data,
    ) -> None:
        if day > ENDS:  # the half year is over before it happens
            return
        moment = datetime.combine(day, at, ZONE)
        event: Event = {
            "specversion": "1.0", "id": id, "source": f"samples/{self.creditor.id}",
            "type": f"billing.{kind}", "subject": account, "time": _utc(moment),
            "datacontenttype": "application/json", "creditor": self.creditor.id, "data": data,
        }  # fmt: skip
        self.found.append((moment, event))


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _set_up(creditor: Creditor) -> dict[str, str]:
    return {
        "id": creditor.id,
        "name": creditor.name,
        "time_zone": ZONE.key,
        "currency": "CNY",
        "policy": creditor.id,
    }


def files() -> Iterator[tuple[str, bytes]]:
    """Return name and content of every sample file."""
    number = 1
    setup = []
    for creditor in CREDITORS:
        setup.append(_set_up(creditor))
        lines = [
            json.dumps(event, ensure_ascii=False, separators=(",", ":"))
            for event in Billing(creditor, number).run()
        ]
        yield f"{creditor.id}.jsonl", ("\n".join(lines) + "\n").encode()
        number += creditor.accounts
    yield "creditors.json", (json.dumps(setup, ensure_ascii=False, indent=2) + "\n").encode()


def main(folder: Path) -> None:
    """Write all sample files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files():
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
