"""A miniature of clock and ledger around the pure domain: accounts, invoices, payments, days."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from services.dunning.domain.account import Account
from services.dunning.domain.aggregates import ACCOUNT, CREDITOR
from services.dunning.domain.agreements.events import DisputeOpened, DisputeResolved, ItemDeferred
from services.dunning.domain.case.commands import Reassess, Wake
from services.dunning.domain.case.events import StepTaken
from services.dunning.domain.case.state import Case
from services.dunning.domain.commands import AccountCommand, CreditorCommand
from services.dunning.domain.creditor.commands import ConfigureCreditor, RunCalendar
from services.dunning.domain.creditor.decide import decide_creditor
from services.dunning.domain.creditor.state import Creditor
from services.dunning.domain.decide import decide
from services.dunning.domain.localtime import instant, local_day
from services.dunning.domain.money.commands import (
    NoteUnmatched,
    RecordPayment,
    ReversePayment,
    UpdateItems,
)
from services.dunning.domain.money.state import Item, MoneyPart
from services.dunning.domain.outlook import Ahead, outlook
from services.dunning.policy import Pack

SHANGHAI = ZoneInfo("Asia/Shanghai")
WAKES_PER_INSTANT_MAX = 20


class Seen(NamedTuple):
    """An event, when and to whom it happened; account None is the creditor."""

    at: datetime
    account: str | None
    event: Any


@dataclass
class Debt:
    """One invoice of the little ledger."""

    item_id: str
    item: str
    amount: int
    due: date
    issued: date
    left: int
    due_before: date
    state: str = "open"


@dataclass
class Book:
    """What the little ledger knows of one account."""

    debts: dict[str, Debt] = field(default_factory=dict)
    paid: dict[str, dict[str, int]] = field(default_factory=dict)
    prepaid: int = 0
    version: int = 0
    disputed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    waiting: int = 0


class World:
    """Plays a creditor's accounts under one pack, from the start of a local day."""

    def __init__(self, pack: Pack, opens: str = "2026-06-01") -> None:
        self.pack = pack
        self.zone = SHANGHAI
        self.now = instant(date.fromisoformat(opens), "00:00", self.zone)
        self.states: dict[str, Account] = {}
        self.books: dict[str, Book] = {}
        self.seen: list[Seen] = []
        self.wakes = 0
        self.creditor: Creditor = CREDITOR.initial("creditor-acme")
        self._creditor(ConfigureCreditor(name="Acme", zone="Asia/Shanghai", currency="CNY"))

    # ---- inputs

    def invoice(
        self, amount: int, due: str, item_id: str = "INV-1", account: str = "A", kind: str = "fee"
    ) -> None:
        book = self.book(account)
        day = date.fromisoformat(due)
        debt = Debt(item_id, kind, amount, day, self.today, amount, day)
        book.debts[item_id] = debt
        self._apply_prepaid(account)
        self._tell(account, [debt])

    def pay(
        self,
        amount: int,
        payment_id: str = "PAY-1",
        account: str = "A",
        item: str | None = None,
        received: str | None = None,
        **more: Any,
    ) -> None:
        """`received` is when it came in, where that is told late; the little ledger takes all money
        as it is told.
        """
        book = self.book(account)
        parts: dict[str, int] = {}
        left = self._put(parts, amount, [book.debts[item]] if item else [])
        left = self._put(parts, left, self._fallen_due(book))
        book.prepaid += left
        book.paid[payment_id] = parts
        command = RecordPayment(
            payment_id=payment_id,
            amount=amount,
            received_at=self.at(received) if received else self.now,
            parts=tuple(MoneyPart(item_id=key, amount=part) for key, part in parts.items()),
            **more,
        )
        self.do(command, account)
        self._tell(account, [book.debts[key] for key in parts])

    def reverse(
        self, payment_id: str = "PAY-1", account: str = "A", amount: int | None = None
    ) -> None:
        """Take a payment back, or `amount` of it: what was allocated last, first."""
        book = self.book(account)
        parts = book.paid[payment_id]
        left = sum(parts.values()) if amount is None else amount
        for key in reversed(list(parts)):
            part = min(parts[key], left)
            parts[key] -= part
            left -= part
            book.debts[key].left += part
            book.debts[key].state = "open" if book.debts[key].left else "settled"
        self.do(ReversePayment(payment_id=payment_id, amount=amount), account)
        self._tell(account, [book.debts[key] for key in parts])

    def waits(self, amount: int, until: str, payment_id: str = "PAY-1", account: str = "A") -> None:
        """Money waits for an invoice that nobody knows."""
        self.book(account).waiting += amount
        command = NoteUnmatched(
            payment_id=payment_id, amount=amount, invoices=("X-1",), until=self.at(until).date()
        )
        self.do(command, account)
        self._tell(account, [])

    def release(self, account: str = "A") -> None:
        """What waited goes to what has fallen due."""
        book = self.book(account)
        book.prepaid, book.waiting = book.prepaid + book.waiting, 0
        self._tell(account, [])
        self._apply_prepaid(account)

    def cancel(self, item_id: str, account: str = "A") -> None:
        debt = self.book(account).debts[item_id]
        debt.left, debt.state = 0, "cancelled"
        self._tell(account, [debt])

    def do(self, command: AccountCommand, account: str = "A") -> list[Any]:
        """Decide one command; what it did is also in `seen`."""
        before = self.state(account)
        events = decide(before, command, self.pack, self.now, self.zone)
        state = before
        for event in events:
            # through the stored form, so that what cannot be stored fails here
            stored = ACCOUNT.decode_event(ACCOUNT.encode_event(event))
            state = ACCOUNT.evolve(state, stored)
            self.seen.append(Seen(self.now, account, stored))
        assert ACCOUNT.decode_state(ACCOUNT.encode_state(state)) == state
        self.states[account] = state
        for event in events:
            self._ledger_hears(account, event)
        return list(events)

    # ---- time

    def to(self, when: str) -> "World":
        """Let time pass up to a local date (00:00) or date and time, inclusive."""
        until = self.at(when)
        while (at := self._next()) is not None and at <= until:
            self.now = max(self.now, at)
            self._act()
        self.now = max(self.now, until)
        return self

    def at(self, when: str) -> datetime:
        """A local date (00:00) or date and time."""
        return datetime.fromisoformat(when).replace(tzinfo=self.zone)

    @property
    def today(self) -> date:
        return local_day(self.now, self.zone)

    def _next(self) -> datetime | None:
        wakes = [state.wake for state in self.states.values()] + [self.creditor.wake]
        ledger = [
            instant(day, "00:00", self.zone)
            for book in self.books.values()
            for debt in book.debts.values()
            if debt.left
            for day in (debt.due, debt.due + timedelta(days=1))
        ]
        later = [at for at in ledger if at > self.now]
        return min([at for at in wakes if at is not None] + later, default=None)

    def _act(self) -> None:
        if self.now == instant(self.today, "00:00", self.zone):
            for account, book in self.books.items():
                self._apply_prepaid(account)
                yesterday = self.today - timedelta(days=1)
                if any(d.left and d.due == yesterday for d in book.debts.values()):
                    self.do(Reassess(), account)
        for account in list(self.states):
            for _ in range(WAKES_PER_INSTANT_MAX):
                wake = self.states[account].wake
                if wake is None or wake > self.now:
                    break
                self.wakes += 1
                self.do(Wake(), account)
            else:
                raise AssertionError(f"{account} never sleeps at {self.now}")
        if self.creditor.wake is not None and self.creditor.wake <= self.now:
            self._creditor(RunCalendar(reports={"arrears_register": {"accounts": 0}}))

    # ---- what can be looked at

    def state(self, account: str = "A") -> Account:
        return self.states.setdefault(account, ACCOUNT.initial(f"account-acme/{account}"))

    def case(self, account: str = "A") -> Case:
        case = self.state(account).case
        assert case is not None
        return case

    def case_state(self, account: str = "A") -> str:
        state = self.state(account)
        if state.case is None:
            return "closed" if state.cases else "none"
        return "paused" if state.case.paused else "open"

    def book(self, account: str = "A") -> Book:
        return self.books.setdefault(account, Book())

    def of(self, kind: type[Any], account: str | None = "A") -> list[Any]:
        return [s.event for s in self.seen if s.account == account and isinstance(s.event, kind)]

    def days(self, of: type[Any], account: str | None = "A", /, **fields: Any) -> list[str]:
        """The local days (month-day) on which such events happened."""
        return [
            f"{local_day(s.at, self.zone):%m-%d}"
            for s in self.seen
            if s.account == account
            and isinstance(s.event, of)
            and all(getattr(s.event, name) == value for name, value in fields.items())
        ]

    def steps(self, account: str = "A") -> list[str]:
        """Steps taken, as `s1 06-16`."""
        return [
            f"{s.event.step} {s.event.on:%m-%d}"
            for s in self.seen
            if s.account == account and isinstance(s.event, StepTaken)
        ]

    def ahead(self, account: str = "A") -> list[Ahead]:
        return outlook(self.state(account), self.pack, self.now, self.zone)

    # ---- the little ledger

    def _fallen_due(self, book: Book) -> list[Debt]:
        disputed = {item for ids in book.disputed.values() for item in ids}
        due = [d for d in book.debts.values() if d.due <= self.today and d.item_id not in disputed]
        return sorted(due, key=lambda d: (d.due, d.issued, d.item_id))

    @staticmethod
    def _put(parts: dict[str, int], amount: int, debts: list[Debt]) -> int:
        for debt in debts:
            part = min(amount, debt.left)
            if part:
                debt.left -= part
                amount -= part
                parts[debt.item_id] = parts.get(debt.item_id, 0) + part
                debt.state = "open" if debt.left else "settled"
        return amount

    def _apply_prepaid(self, account: str) -> None:
        book = self.book(account)
        parts: dict[str, int] = {}
        book.prepaid = self._put(parts, book.prepaid, self._fallen_due(book))
        if parts:
            self._tell(account, [book.debts[key] for key in parts])

    def _tell(self, account: str, debts: list[Debt]) -> None:
        book = self.book(account)
        book.version += 1
        items = tuple(
            Item(
                item_id=d.item_id,
                item=d.item,
                amount=d.amount,
                principal=d.left,
                due_on=d.due,
                original_due_on=d.due_before,
                issued_on=d.issued,
                state=d.state,
            )
            for d in debts
        )
        command = UpdateItems(
            ledger_version=book.version,
            as_of=self.today,
            currency="CNY",
            items=items,
            prepaid=book.prepaid + book.waiting,
            waiting=book.waiting,
        )
        self.do(command, account)

    def _ledger_hears(self, account: str, event: Any) -> None:
        book = self.book(account)
        if isinstance(event, DisputeOpened):
            book.disputed[event.dispute_id] = event.item_ids
        if isinstance(event, DisputeResolved):
            book.disputed.pop(event.dispute_id)
            touched = [book.debts[i] for i in event.item_ids]
            for debt in touched:
                if event.outcome == "upheld":
                    debt.left, debt.state = 0, "cancelled"
                if event.outcome == "reduced" and event.amount is not None:
                    debt.left = max(0, event.amount - (debt.amount - debt.left))
                    debt.amount = event.amount
                    debt.state = "open" if debt.left else "settled"
            self._tell(account, touched)
        if isinstance(event, ItemDeferred):
            for item_id in event.item_ids:
                book.debts[item_id].due = event.until
            self._tell(account, [book.debts[i] for i in event.item_ids])

    def _creditor(self, command: CreditorCommand) -> None:
        for event in decide_creditor(self.creditor, command, self.pack, self.now):
            stored = CREDITOR.decode_event(CREDITOR.encode_event(event))
            self.creditor = CREDITOR.evolve(self.creditor, stored)
            self.seen.append(Seen(self.now, None, stored))
