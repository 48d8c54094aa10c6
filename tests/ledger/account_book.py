"""An account in the hands of a test: play facts on local days, look at what it owes."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from services.ledger.domain import commands as c
from services.ledger.domain import late_fee
from services.ledger.domain.by_itself import decide_wake, wake_at
from services.ledger.domain.case_terms import effective
from services.ledger.domain.decide import decide
from services.ledger.domain.events import AccountEvent
from services.ledger.domain.evolve import evolve
from services.ledger.domain.past import Past, archive
from services.ledger.domain.resimulate import receive_payment, reverse_payment
from services.ledger.domain.state import Account, Item
from services.ledger.domain.terms import Rate, Terms


def terms(
    *,
    rate: str | None = None,
    zone: str = "Asia/Shanghai",
    charges_first: bool = False,
    starts_on_notice: bool = False,
    due_days: int | None = None,
    cap_ratio: str = "1",
    revision: int = 1,
) -> Terms:
    """Terms in CNY; `rate` is the late fee per day."""
    return Terms(
        revision=revision,
        time_zone=zone,
        currency="CNY",
        due_days=due_days,
        charges_first=charges_first,
        rates=(Rate(Decimal(rate)),) if rate else (),
        cap_ratio=Decimal(cap_ratio),
        starts_on_notice=starts_on_notice,
    )


class Book:
    """One account; timers fire on time unless `lazy`."""

    def __init__(self, terms: Terms, *, lazy: bool = False) -> None:
        self.terms = terms
        self.lazy = lazy
        self.account = Account()
        self.history: list[Past] = []

    def instant(self, day: date, hour: int = 10) -> datetime:
        """A local hour of a day in UTC."""
        local = datetime.combine(day, time(hour), ZoneInfo(self.terms.time_zone))
        return local.astimezone(UTC)

    def wake_until(self, now: datetime) -> None:
        """Fire every timer due by `now` at its own instant."""
        while (due := wake_at(self.account)) is not None and due <= now:
            self._record(due, decide_wake(self.account, due, self.terms))

    def do(
        self, day: date, command: c.Command | c.ReversePayment, hour: int = 10
    ) -> list[AccountEvent]:
        """Play a command at a local hour of a day."""
        now = self.instant(day, hour)
        if not self.lazy:
            self.wake_until(now)
        if isinstance(command, c.ReversePayment):
            events = reverse_payment(self.account, command, now, self.history, self.terms)
        elif isinstance(command, c.ReceivePayment):
            events = receive_payment(self.account, command, now, self.terms, lambda: self.history)
        else:
            events = decide(self.account, command, now, self.terms, archive(self.history))
        self._record(now, events)
        return events

    def _record(self, now: datetime, events: list[AccountEvent]) -> None:
        for event in events:
            self.account = evolve(self.account, event)
            self.history.append(Past(now, event))

    # -- facts ------------------------------------------------------------------------------

    def invoice(
        self, day: date, item_id: str, amount: int, due: date | None, hour: int = 10
    ) -> None:
        """An invoice arrives, issued that day."""
        self.do(day, c.OpenItem(item_id, "fee", amount, "CNY", day, due), hour)

    def pay(
        self,
        day: date,
        payment_id: str,
        amount: int,
        *invoices: str,
        received: date | None = None,
        hour: int = 10,
    ) -> list[AccountEvent]:
        """A payment is told of, received the same moment or at ten o'clock of another day."""
        at = self.instant(day, hour) if received is None else self.instant(received)
        command = c.ReceivePayment(payment_id, amount, "CNY", at, "transfer", invoices)
        return self.do(day, command, hour)

    # -- looks ------------------------------------------------------------------------------

    def at(self, day: date) -> None:
        """Let the days begin up to the evening of a day."""
        self.wake_until(self.instant(day, 23))

    def item(self, item_id: str) -> Item:
        """The item as it is now, open or closed."""
        return archive(self.history)[item_id]

    def principal(self) -> int:
        """What is open."""
        return sum(item.principal for item in self.account.items)

    def fee(self, day: date) -> int:
        """The late fee due on a day."""
        terms = effective(self.account, self.terms)
        return sum(late_fee.due(item.fee, terms, day) for item in self.account.items)

    def prepaid(self) -> int:
        """Money that is not allocated."""
        return self.account.prepaid + sum(entry.amount for entry in self.account.waiting)

    def overdue(self) -> list[str]:
        """The overdue items, oldest first."""
        return [item.id for item in self.account.items if item.overdue]


def days(start: date, count: int) -> date:
    """The day `count` days after `start`."""
    return start + timedelta(days=count)
