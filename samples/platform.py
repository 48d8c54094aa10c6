"""One creditor's billing platform over half a year.

Platforms deliver in batches, invoices in the morning and the day's payments in the evening; what a
debtor does follows from a habit. Habits are dealt out to the accounts like cards, so that a small
creditor has late payers too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from operator import itemgetter
from random import Random
from zoneinfo import ZoneInfo

from samples.creditors import Creditor

SEED = 20260101
BEGINS = date(2026, 1, 1)
ENDS = date(2026, 6, 30)
ZONE = ZoneInfo("Asia/Shanghai")
ACCOUNTS_AT, INVOICES_AT, SEEN_AT, PAYMENTS_AT, DEPOSITS_AT = map(time, (7, 8, 11, 18, 19))

Event = dict[str, object]
Data = Mapping[str, object]


@dataclass(frozen=True)
class Habit:
    """How many days after the due date an account pays, and the part it never does."""

    earliest: int
    latest: int
    unpaid: float


_HABITS = (  # with the share of accounts
    (0.52, Habit(-6, 0, 0.01)),
    (0.20, Habit(1, 12, 0.02)),
    (0.14, Habit(13, 45, 0.05)),
    (0.14, Habit(40, 140, 0.4)),
)

_PAYS_IN_TWO_PARTS = 0.08
_REVERSED = 0.015
_CORRECTED = 0.02
_CANCELLED = 0.01
_SEEN_AFTER = 5
_DEPOSITED_LATE = 0.25
_METHODS = ("transfer", "wechat", "alipay", "card", "cash")
_IN_KIND = 0.2
_PACK_DUE_DAYS = 7


class Platform:
    """Makes a creditor's events; `first_number` is the first of its accounts' telephone numbers."""

    def __init__(self, creditor: Creditor, first_number: int) -> None:
        self.creditor = creditor
        self.rng = Random(f"{SEED}/{creditor.id}")
        self.first_number = first_number
        self.found: list[tuple[datetime, Event]] = []

    def run(self) -> list[Event]:
        """Return the creditor's events, oldest first."""
        cards = list(range(self.creditor.accounts))
        self.rng.shuffle(cards)
        for index, card in enumerate(cards):
            self._account(index, self._habit((card + 0.5) / len(cards)))
        return [event for _, event in sorted(self.found, key=itemgetter(0))]

    def _account(self, index: int, habit: Habit) -> None:
        creditor = self.creditor
        account = f"{creditor.prefix}-{index + 1:04d}"
        fields = creditor.account(self.rng, self.first_number + index)
        data = {"account_id": account, **fields}
        self._emit("account.upserted.v1", f"{account}:1", account, BEGINS, ACCOUNTS_AT, data)
        owed = creditor.owed(fields) if creditor.owed else []
        methods = ("direct_debit",) if "mandate" in fields else _METHODS
        for place, month in enumerate(creditor.months):
            if self.rng.random() < creditor.share_billed:
                due = owed[place] if owed else self._due(index + place)
                self._invoice(account, month, due, habit, methods)

    def _due(self, turn: int) -> tuple[str, int]:
        items = self.creditor.items
        return items[turn % len(items)], self._between(*self.creditor.amounts)

    @staticmethod
    def _habit(drawn: float) -> Habit:
        for share, habit in _HABITS:
            if drawn < share:
                return habit
            drawn -= share
        return _HABITS[-1][1]

    def _invoice(
        self,
        account: str,
        month: int,
        owed: tuple[str, int],
        habit: Habit,
        methods: tuple[str, ...],
    ) -> None:
        creditor = self.creditor
        item, amount = owed
        invoice = f"{account.replace('-', '')}-{BEGINS.year}{month:02d}"
        told = date(BEGINS.year, month, 2 + self.rng.randrange(20))
        issued = told - timedelta(days=self._between(*creditor.old))
        term = timedelta(days=creditor.due_days or _PACK_DUE_DAYS)
        data: dict[str, object] = {
            "invoice_id": invoice, "account_id": account, "item": item, "amount": amount,
            "currency": "CNY", "issued_on": issued.isoformat(), "period": issued.strftime("%Y-%m"),
        }  # fmt: skip
        if creditor.due_days is not None:
            data["due_on"] = (issued + term).isoformat()
        if creditor.details:
            data["attributes"] = creditor.details(self.rng, issued)
        self._emit("invoice.issued.v1", f"{invoice}:1", account, told, INVOICES_AT, data)
        if self.rng.random() < _CANCELLED:
            self._cancel(account, invoice, told)
            return
        if not creditor.owed and self.rng.random() < _CORRECTED:
            amount -= self._correct(account, invoice, told, amount)
        if creditor.seen and habit.earliest > _SEEN_AFTER:
            self._see(account, invoice, told + term, *creditor.seen)
        if self.rng.random() >= habit.unpaid:
            self._pay(account, invoice, amount, told + term, habit, methods)

    def _cancel(self, account: str, invoice: str, told: date) -> None:
        data = {"invoice_id": invoice, "account_id": account, "reason": "billed twice"}
        day = told + timedelta(days=3)
        self._emit("invoice.cancelled.v1", f"{invoice}:2", account, day, INVOICES_AT, data)

    def _correct(self, account: str, invoice: str, told: date, amount: int) -> int:
        less = amount // 10
        data = {
            "invoice_id": invoice, "account_id": account, "adjustment_id": f"{invoice}-A1",
            "change": -less, "reason": "tariff corrected",
        }  # fmt: skip
        day = told + timedelta(days=5)
        self._emit("invoice.adjusted.v1", f"{invoice}:2", account, day, INVOICES_AT, data)
        return less

    def _see(self, account: str, invoice: str, due: date, kind: str, note: str) -> None:
        data = {"account_id": account, "kind": kind, "note": note}
        day = due + timedelta(days=_SEEN_AFTER)
        self._emit("observation.recorded.v1", f"{invoice}:3", account, day, SEEN_AT, data)

    def _pay(
        self,
        account: str,
        invoice: str,
        amount: int,
        due: date,
        habit: Habit,
        methods: tuple[str, ...],
    ) -> None:
        paid_on = due + timedelta(days=self._between(habit.earliest, habit.latest))
        collector = None
        if self.creditor.collectors and paid_on > due:
            collector = self.rng.choice(self.creditor.collectors)
            methods = self._collected()
        parts = [(paid_on, amount)]
        if self.rng.random() < _PAYS_IN_TWO_PARTS:
            parts = [
                (paid_on, amount // 2),
                (paid_on + timedelta(days=14), amount - amount // 2),
            ]
        for number, (day, part) in enumerate(parts, start=1):
            self._payment(account, f"P-{invoice}-{number}", part, day, methods, collector)
        if collector is None and self.rng.random() < _REVERSED:
            self._reverse(account, f"P-{invoice}-1", paid_on, parts[0][1], methods)

    def _collected(self) -> tuple[str, ...]:
        """How money comes that collectors bring in: some of old debts in goods."""
        if self.creditor.cash:
            return ("cash",)
        in_kind = self.creditor.old[1] > 0 and self.rng.random() < _IN_KIND
        return ("in_kind",) if in_kind else ("transfer",)

    def _payment(
        self,
        account: str,
        payment: str,
        amount: int,
        day: date,
        methods: tuple[str, ...],
        collector: str | None = None,
    ) -> None:
        received = datetime.combine(day, time(9 + self.rng.randrange(8)), ZONE)
        data: dict[str, object] = {
            "payment_id": payment, "account_id": account, "amount": amount, "currency": "CNY",
            "received_at": _utc(received), "method": self.rng.choice(methods),
        }  # fmt: skip
        if collector is not None:
            data["collected_by"] = collector
        self._emit("payment.received.v1", f"{payment}:1", account, day, PAYMENTS_AT, data)
        if collector is not None and self.creditor.cash:
            self._deposit(payment, collector, amount, day)

    def _deposit(self, payment: str, collector: str, amount: int, day: date) -> None:
        if self.rng.random() < _DEPOSITED_LATE:
            day += timedelta(days=1)
        at = datetime.combine(day, DEPOSITS_AT, ZONE)
        data = {
            "collected_by": collector, "amount": amount, "deposited_at": _utc(at),
            "currency": "CNY",
        }  # fmt: skip
        self._emit("deposit.made.v1", f"{payment}:D", None, day, DEPOSITS_AT, data)

    def _reverse(
        self, account: str, payment: str, paid_on: date, amount: int, methods: tuple[str, ...]
    ) -> None:
        data = {"payment_id": payment, "account_id": account, "reason": "returned by the bank"}
        day = paid_on + timedelta(days=2)
        self._emit("payment.reversed.v1", f"{payment}:2", account, day, PAYMENTS_AT, data)
        self._payment(account, f"{payment}-R", amount, day + timedelta(days=10), methods)

    def _between(self, low: int, high: int) -> int:
        return low + self.rng.randrange(high - low + 1)

    def _emit(
        self,
        kind: str,
        id: str,  # noqa: A002 - the attribute's name in CloudEvents
        account: str | None,
        day: date,
        at: time,
        data: Data,
    ) -> None:
        if day > ENDS:  # the half year is over before it happens
            return
        moment = datetime.combine(day, at, ZONE)
        event: Event = {
            "specversion": "1.0", "id": id, "source": f"samples/{self.creditor.id}",
            "type": f"billing.{kind}", "time": _utc(moment),
            "datacontenttype": "application/json", "creditor": self.creditor.id,
        }  # fmt: skip
        if account is not None:
            event["subject"] = account
        self.found.append((moment, {**event, "data": data}))


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
