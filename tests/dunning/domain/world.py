"""A creditor's accounts in the hands of a test: ledger and dunning as they are wired, without
servers, and the looks that tests of dunning's domain take at them.
"""

from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from contracts.words.streams import account_stream, creditor_stream, is_account, subject_of
from services.dunning.domain.account import Account
from services.dunning.domain.aggregates import ACCOUNT
from services.dunning.domain.case.events import StepTaken
from services.dunning.domain.case.state import Case
from services.dunning.domain.commands import AccountCommand, CreditorCommand
from services.dunning.domain.creditor.state import Creditor
from services.dunning.domain.localtime import instant, local_day
from services.dunning.domain.outlook import Ahead, outlook
from services.dunning.policy import Pack
from services.dunning.reports import Facts
from tests.support.in_memory import Service
from tests.support.wired import CREDITOR, Wired

SHANGHAI = ZoneInfo("Asia/Shanghai")
FACTS = Facts(reports={"arrears_register": {"accounts": 0}}, any_overdue=False)
UNKNOWN = "X-1"
"""An invoice nobody knows."""


class Seen(NamedTuple):
    """An event, when and to whom it happened; account None is the creditor."""

    at: datetime
    account: str | None
    event: Any


class _Counted(Wired):
    """Counts how often an account is woken."""

    wakes = 0

    def awake(self, service: Service, name: str) -> None:
        self.wakes += service is self.dunning and is_account(name)
        super().awake(service, name)


class World:
    """Plays a creditor's accounts under one pack, from the start of a local day."""

    def __init__(self, pack: Pack, opens: str = "2026-06-01") -> None:
        self.pack = pack
        self.zone = SHANGHAI
        begins = instant(date.fromisoformat(opens), "00:00", self.zone)
        self.wired = _Counted(pack, self.zone.key, begins, {"creditor": FACTS})

    # ---- inputs

    def invoice(
        self, amount: int, due: str, item_id: str = "INV-1", account: str = "A", kind: str = "fee"
    ) -> None:
        day = date.fromisoformat(due)
        self.wired.invoice(item_id, amount, day, account=account, item=kind)
        self._checked()

    def pay(
        self,
        amount: int,
        payment_id: str = "PAY-1",
        account: str = "A",
        item: str | None = None,
        received: str | None = None,
        **more: Any,
    ) -> None:
        """`received` is when it came in, where that is told late."""
        at = self.at(received) if received else self.now
        invoices = [item] if item else []
        self.wired.pay(payment_id, amount, invoices, account=account, received_at=at, **more)
        self._checked()

    def reverse(
        self, payment_id: str = "PAY-1", account: str = "A", amount: int | None = None
    ) -> None:
        """Take a payment back, or `amount` of it."""
        self.wired.reverse(payment_id, amount, account=account)
        self._checked()

    def waits(self, amount: int, payment_id: str = "PAY-1", account: str = "A") -> None:
        """Money waits for an invoice that nobody knows."""
        self.pay(amount, payment_id, account, item=UNKNOWN)

    def cancel(self, item_id: str, account: str = "A") -> None:
        self.wired.cancel(item_id, account=account)
        self._checked()

    def do(
        self, command: AccountCommand, account: str = "A", pack: Pack | None = None
    ) -> list[Any]:
        """Run one command on an account, answer its events; `pack` is one its case is moved to."""
        events = self.wired.operate(command, account, pack)
        self._checked()
        state = self.state(account)
        assert ACCOUNT.decode_state(ACCOUNT.encode_state(state)) == state
        return events

    def do_creditor(self, command: CreditorCommand) -> list[Any]:
        return self.wired.operate_creditor(command)

    def put(self, state: Account, account: str = "A") -> None:
        """Put a state in place of the account's, as an earlier version has left it."""
        stream = account_stream(CREDITOR, account)
        _, version = self.wired.dunning.states[stream]
        self.wired.dunning.states[stream] = (state, version)

    # ---- time

    def to(self, when: str) -> "World":
        """Let time pass up to a local date (00:00) or date and time, inclusive."""
        self.wired.until(max(self.now, self.at(when)))
        self._checked()
        return self

    def at(self, when: str) -> datetime:
        """A local date (00:00) or date and time."""
        return datetime.fromisoformat(when).replace(tzinfo=self.zone)

    @property
    def now(self) -> datetime:
        return self.wired.now

    @now.setter
    def now(self, at: datetime) -> None:
        """Time passes without anybody being woken."""
        self.wired.now = at

    @property
    def today(self) -> date:
        return self.wired.today

    # ---- what can be looked at

    @property
    def wakes(self) -> int:
        """How often an account was woken."""
        return self.wired.wakes

    @property
    def creditor(self) -> Creditor:
        state: Creditor = self.wired.dunning.state(creditor_stream(CREDITOR))
        return state

    @property
    def seen(self) -> list[Seen]:
        """All that happened in dunning."""
        return [
            Seen(stored.at, subject_of(stored.stream).account or None, stored.event)
            for stored in self.wired.dunning.stored
        ]

    def state(self, account: str = "A") -> Account:
        state: Account = self.wired.account(account)
        return state

    def case(self, account: str = "A") -> Case:
        case = self.state(account).case
        assert case is not None
        return case

    def case_state(self, account: str = "A") -> str:
        state = self.state(account)
        if state.case is None:
            return "closed" if state.cases else "none"
        return "paused" if state.case.paused else "open"

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
        return [f"{event.step} {event.on:%m-%d}" for event in self.of(StepTaken, account)]

    def ahead(self, account: str = "A") -> list[Ahead]:
        return outlook(self.state(account), self.pack, self.now, self.zone)

    def _checked(self) -> None:
        """What a service refuses of another is a fault of the test or of the services."""
        assert self.wired.parked == []
