"""The system and the model side by side: their clocks go together, and they must agree."""

from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, invariant

from tests.properties.casework import Model
from tests.properties.money import Claim
from tests.properties.watching import done, figures_shown
from tests.support.localtime import at, local
from tests.support.wired import Wired


class SideBySide(RuleBasedStateMachine):
    """The system as it is wired, and beside it the model of what must be so."""

    wired: Wired
    model: Model
    zone: str

    # ---- what must hold

    @invariant()
    def agrees(self) -> None:
        """The system is where the rules say, to the fen and to the day."""
        if not hasattr(self, "wired"):
            return
        assert self.wired.parked == []
        self._balances_agree()
        assert self._status() == self.model.status()
        assert [r.service for r in self.wired.account().restrictions] == self.model.restricted
        assert sorted(done(self.wired)) == sorted(self.model.log)
        assert figures_shown(self.wired) == self.model.shown
        if self.model.case is None:
            assert not [t for t in self.wired.account().tasks if t.case_id]

    def _balances_agree(self) -> None:
        expected = {k.id: (k.left, self.money.fee_due(k)) for k in self.money.open()}
        waiting = sum(amount for amount, _, _ in self.money.waiting)
        balance = self.wired.balance()
        assert balance.items == expected
        assert balance.prepaid == self.money.prepaid + waiting

    def _status(self) -> str:
        case = self.wired.account().case
        if case is None:
            return "none"
        return "paused" if case.paused else "open"

    # ---- within

    @property
    def money(self) -> Any:
        return self.model.book.money

    @property
    def claims(self) -> dict[str, Claim]:
        return self.money.claims if hasattr(self, "model") else {}

    @property
    def today(self) -> date:
        return self.model.today

    def _wall(self) -> datetime:
        return local(self.wired.now, self.zone).replace(tzinfo=None)

    def _pass(self, days: int, hour: str) -> None:
        then = datetime.combine(self.today + timedelta(days=days), time.fromisoformat(hour))
        if then <= self.model.now:
            then += timedelta(days=1)
        self.wired.until(at(then.date(), f"{then:%H:%M}", self.zone))
        self.model.until(then)

    def _tick(self) -> None:
        self.wired.now += timedelta(minutes=1)
        self.model.now += timedelta(minutes=1)

    def _operate(self, command: Any) -> None:
        self._tick()
        self.wired.operate(command)
