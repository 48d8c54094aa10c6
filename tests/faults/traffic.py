"""What billing systems tell in a run, made of a seed: a file with a line of JSON for each record.

Time goes by in ticks of half a day. A line says in which tick its record is published, under which
key, its bytes, and what it is: `valid`, `again` (a repeat of a valid one), `other` (the id of a
valid one with another body) or `malformed`; `erase` is no record, but says that a person has the
debtor of the key erased in that tick. This file knows nothing of the services.
"""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

BEGINS = datetime(2026, 3, 5, 4, tzinfo=UTC)
TICK = timedelta(hours=12)
CREDITORS = {
    "shanghai": ("mobile", "Asia/Shanghai", "CNY"),
    "berlin": ("parking", "Europe/Berlin", "EUR"),
    "newyork": ("service-company", "America/New_York", "USD"),
    "sydney": ("parking", "Australia/Sydney", "AUD"),
}
"""Creditor → policy pack, time zone, currency."""
HOT = "hot"
NOBODY = "nobody"
_FAR = 700  # days: never due within a run
_TYPICAL = (1_000, 20_000)


def instant(tick: int) -> datetime:
    return BEGINS + tick * TICK


def local_day(creditor: str, at: datetime) -> date:
    return at.astimezone(ZoneInfo(CREDITORS[creditor][1])).date()


@dataclass
class Traffic:
    """Lines in the order in which they are published, grouped by tick."""

    seed: int
    starts_per_tick: int = 2
    number: int = 0
    """What the next id begins to count from."""
    lines: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rng = Random(self.seed)
        self._number = self.number

    def write(self, path: Path, ticks: int) -> None:
        """Make everything and write it, sorted by tick; within a tick nothing is in order."""
        for tick in range(ticks):
            for creditor in CREDITORS:
                for _ in range(self.starts_per_tick):
                    self._story(creditor, tick)
                self.hot(creditor, tick, 4)
            self._nonsense(tick)
        shuffled = sorted(self.lines, key=lambda line: (line["tick"], self._rng.random()))
        path.write_text("".join(json.dumps(line) + "\n" for line in shuffled))

    def hot(self, creditor: str, tick: int, pairs: int) -> None:
        """Traffic of one account that is never at rest: invoices far from due, mostly paid."""
        for _ in range(pairs):
            invoice = self._invoice(creditor, HOT, tick, _FAR, amount := self._amount())
            if self._rng.random() < 0.8:
                self._pay(creditor, HOT, tick, amount, [invoice])

    def burst(self, tick: int, pairs: int) -> None:
        """Invoices and payments at once, a third of them of one account for each creditor."""
        for number in range(pairs):
            creditor = list(CREDITORS)[number % len(CREDITORS)]
            account = f"crowd-{number}" if number % 9 > 2 else HOT
            invoice = self._invoice(creditor, account, tick, _FAR, amount := self._amount())
            self._pay(creditor, account, tick, amount, [invoice], late=(0,))

    def _story(self, creditor: str, tick: int) -> None:
        tell: Callable[[str, str, int], None] = self._rng.choice(
            (
                *(self._silent, self._silent, self._punctual, self._late, self._partial),
                *(self._early, self._bounced, self._corrected, self._cancelled),
                *(self._erased, self._restricted),
            )
        )
        self._number += 1
        name = tell.__name__.strip("_")
        account = f"{name}-{self._number}"
        self._account(creditor, account, tick)
        tell(creditor, account, tick)

    # Stories

    def _silent(self, creditor: str, account: str, tick: int) -> None:
        self._invoice(creditor, account, tick, self._rng.randint(0, 3), self._amount())

    def _punctual(self, creditor: str, account: str, tick: int) -> None:
        invoice = self._invoice(creditor, account, tick, 30, amount := self._amount())
        self._pay(creditor, account, tick + self._rng.randint(0, 4), amount, [invoice])

    def _late(self, creditor: str, account: str, tick: int) -> None:
        self._invoice(creditor, account, tick, 0, amount := self._amount())
        self._pay(creditor, account, tick + self._rng.randint(4, 9), amount, [])

    def _partial(self, creditor: str, account: str, tick: int) -> None:
        invoice = self._invoice(creditor, account, tick, 1, amount := self._amount())
        self._pay(creditor, account, tick + self._rng.randint(0, 6), amount // 2, [invoice])

    def _early(self, creditor: str, account: str, tick: int) -> None:
        """Money comes before the invoice that it names."""
        invoice = f"I-{account}-x"
        amount = self._amount()
        self._pay(creditor, account, tick, amount, [invoice])
        self._invoice(creditor, account, tick + self._rng.randint(0, 3), 20, amount, invoice)

    def _bounced(self, creditor: str, account: str, tick: int) -> None:
        """A payment is taken back; told in any order when both come in one tick."""
        self._invoice(creditor, account, tick, 1, amount := self._amount())
        payment = self._pay(creditor, account, tick, amount, [])
        later = tick + self._rng.randint(0, 5)
        self._tell(creditor, account, later, "payment.reversed", {"payment_id": payment})

    def _corrected(self, creditor: str, account: str, tick: int) -> None:
        invoice = self._invoice(creditor, account, tick, 25, amount := self._amount())
        less = amount // 10
        note = {"invoice_id": invoice, "adjustment_id": f"A-{account}", "change": -less}
        self._tell(creditor, account, tick + self._rng.randint(0, 2), "invoice.adjusted", note)
        self._pay(creditor, account, tick + 3, amount - less, [invoice])

    def _cancelled(self, creditor: str, account: str, tick: int) -> None:
        invoice = self._invoice(creditor, account, tick, 25, self._amount())
        later = tick + self._rng.randint(0, 3)
        self._tell(creditor, account, later, "invoice.cancelled", {"invoice_id": invoice})

    def _erased(self, creditor: str, account: str, tick: int) -> None:
        """Somebody who owes is erased; what was told of them is told again, and they pay a part."""
        invoice = self._invoice(creditor, account, tick, 0, amount := self._amount())
        gone = tick + self._rng.randint(2, 4)
        line = {"tick": gone, "key": f"{creditor}/{account}", "value": "", "is": "erase"}
        self.lines.append(line)
        self._account(creditor, account, gone + 1)
        self._pay(creditor, account, gone + 2, amount // 2, [invoice])

    def _restricted(self, creditor: str, account: str, tick: int) -> None:
        """Pays only when a service was barred."""
        self._invoice(creditor, account, tick, 0, amount := self._amount())
        self._pay(creditor, account, tick + 24, amount, [])

    # Messages

    def _account(self, creditor: str, account: str, tick: int) -> None:
        debtor = {
            "name": f"Canary{self._number}x",
            "kind": "company",
            "phones": [f"+86138{self._number:07d}0"],
            "emails": [f"canary{self._number}x@example.com"],
            "addresses": [f"{self._number} Wren{self._number}x Road"],
            "registered_address": f"{self._number} Finch{self._number}x Road",
        }
        self._tell(creditor, account, tick, "account.upserted", {"debtor": debtor})

    def _invoice(
        self, creditor: str, account: str, tick: int, days: int, amount: int, invoice: str = ""
    ) -> str:
        day = local_day(creditor, instant(tick))
        self._number += 1
        invoice = invoice or f"I-{account}-{self._number}"
        data = {
            "invoice_id": invoice,
            "item": "usage",
            "amount": amount,
            "currency": CREDITORS[creditor][2],
            "issued_on": day.isoformat(),
            "due_on": (day + timedelta(days=days)).isoformat(),
        }
        self._tell(creditor, account, tick, "invoice.issued", data)
        return invoice

    def _pay(
        self,
        creditor: str,
        account: str,
        tick: int,
        amount: int,
        invoices: list[str],
        late: tuple[int, ...] = (0, 0, 0, 3, 11),
    ) -> str:
        """A payment, told some hours after it was received."""
        self._number += 1
        payment = f"P-{account}-{self._number}"
        told_late = timedelta(hours=self._rng.choice(late))
        data = {
            "payment_id": payment,
            "amount": amount,
            "currency": CREDITORS[creditor][2],
            "received_at": _text(instant(tick) - told_late),
            "method": "transfer",
            "invoices": invoices,
        }
        self._tell(creditor, account, tick, "payment.received", data)
        return payment

    def _amount(self) -> int:
        return self._rng.randint(*_TYPICAL)

    def _tell(
        self, creditor: str, account: str, tick: int, kind: str, data: dict[str, Any]
    ) -> None:
        self._number += 1
        event = _event(creditor, account, tick, kind, f"e{self._number}", data)
        key = f"{creditor}/{account}"
        self._line(tick, key, event, "valid")
        for _ in range(self._rng.choice([0, 0, 0, 0, 1, 2])):
            self._line(tick + self._rng.randint(0, 4), key, event, "again")
        told_wrong = self._rng.random() < 0.01 and not account.startswith("erased-")
        if told_wrong and kind == "payment.received":
            other = {**event, "data": {**event["data"], "amount": 7}}
            self._line(tick + 1, key, other, "other")

    def _nonsense(self, tick: int) -> None:
        """One record in a tick that nobody can take, of a creditor that also sends good ones."""
        creditor = self._rng.choice(list(CREDITORS))
        key = f"{creditor}/{HOT}"
        self._number += 1
        id_ = f"bad{self._number}"
        wrong = _event(creditor, HOT, tick, "payment.received", id_, {"payment_id": id_})
        unknown = _event(creditor, HOT, tick, "payment.invented", id_, {})
        stranger = _event(NOBODY, HOT, tick, "payment.received", id_, self._paid(id_))
        float_ = _event(creditor, HOT, tick, "payment.received", id_, self._paid(id_, 1.5))
        cut = json.dumps(wrong).encode()[:-9] + b"\xff\x00"
        all_: list[dict[str, Any] | bytes] = [wrong, unknown, stranger, float_, cut]
        chosen = self._rng.choice(all_)
        key = f"{NOBODY}/{HOT}" if chosen is stranger else key
        self._line(tick, key, chosen, "malformed")

    def _paid(self, payment: str, amount: float = 100) -> dict[str, Any]:
        at = _text(BEGINS)
        return {
            "payment_id": payment, "amount": amount, "currency": "CNY",
            "received_at": at, "method": "card",
        }  # fmt: skip

    def _line(self, tick: int, key: str, what: "dict[str, Any] | bytes", sort: str) -> None:
        raw = what if isinstance(what, bytes) else json.dumps(what).encode()
        self.lines.append(
            {"tick": tick, "key": key, "value": base64.b64encode(raw).decode(), "is": sort}
        )


def _event(
    creditor: str, account: str, tick: int, kind: str, id_: str, data: dict[str, Any]
) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": id_,
        "source": f"billing-{creditor}",
        "type": f"billing.{kind}.v1",
        "subject": account,
        "time": _text(instant(tick)),
        "datacontenttype": "application/json",
        "creditor": creditor,
        "data": {"account_id": account, **data},
    }


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def read(path: Path, ticks: int) -> Iterator[dict[str, Any]]:
    """The lines of the first ticks, with the bytes of their values."""
    for text in path.read_text().splitlines():
        line = json.loads(text)
        if line["tick"] < ticks:
            yield {**line, "value": base64.b64decode(line["value"])}
