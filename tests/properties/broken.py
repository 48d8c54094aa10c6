"""Systems with one rule broken on purpose, each by a seam of the wired world."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from chassis.store.stored import Stored
from contracts import dunning, ledger
from contracts.codec import Message
from services.dunning.domain.account import Account
from services.dunning.domain.case.events import RestorationRequested
from tests.support.in_memory import Service
from tests.support.wired import STREAM, Wired


class CheapLateFee(Wired):
    """Rule 6: the late fee runs at a rate a little too low."""

    def between(self, message: Message) -> Message | None:
        if message.type == dunning.TermsPublished.TYPE and message.data.late_fee:
            rate = Decimal(message.data.late_fee.rate_per_day) * Decimal("0.99")
            fee = replace(message.data.late_fee, rate_per_day=str(rate))
            return replace(message, data=replace(message.data, late_fee=fee))
        return message


class YoungestFirst(Wired):
    """Rule 5: money that names nothing goes to the invoice that came last."""

    def pay(self, payment_id: str, amount: int, invoices: Sequence[str] = (), **more: Any) -> None:
        known = [item.id for item in self.ledger.state(STREAM).items]
        super().pay(payment_id, amount, invoices or known[-1:], **more)


class TwoStepsADay(Wired):
    """Rule 3: after a step the case forgets that the day is used up."""

    def awake(self, service: Service, name: str) -> None:
        super().awake(service, name)
        state, version = self.dunning.states.get(name, (None, 0))
        if not isinstance(state, Account) or state.case is None:
            return
        if state.turn_on == self.today and state.case.last_step_on == self.today:
            case = replace(state.case, last_step_on=None)
            yesterday = self.today - timedelta(days=1)
            forgot = replace(state, case=case, turn_on=yesterday, wake=self.now)
            self.dunning.states[name] = (forgot, version)


class StepsInAPause(Wired):
    """Rule 4: a hold does not reach the steps."""

    def awake(self, service: Service, name: str) -> None:
        state, version = self.dunning.states.get(name, (None, 0))
        if not isinstance(state, Account) or not state.is_on_hold:
            super().awake(service, name)
            return
        held, by_right = state.hold, state.right_hold
        self.dunning.states[name] = (replace(state, hold=None, right_hold=None), version)
        super().awake(service, name)
        state, version = self.dunning.states[name]
        state = replace(state, hold=held, right_hold=by_right)
        self.dunning.states[name] = (state, version)


class GoesOnAfterClearing(Wired):
    """Rule 2: dunning does not hear that an item was settled."""

    def between(self, message: Message) -> Message | None:
        if message.type == ledger.BalanceChanged.TYPE:
            items = tuple(item for item in message.data.items if item.state != "settled")
            return replace(message, data=replace(message.data, items=items))
        return message


class NeverRestores(Wired):
    """Rule 2: what was restricted stays so when the case closes."""

    def decided(self, events: list[Stored]) -> list[Stored]:
        given_back = [s for s in events if isinstance(s.event, RestorationRequested)]
        for stored in given_back:
            self.dunning.stored.remove(stored)
        return [s for s in events if s not in given_back]


class Forgets(Wired):
    """A restart loses the latest event of an account."""

    def remembered(self, service: Service) -> dict[str, tuple[bytes, int]]:
        last = [data for data in service.raw if data[0] == STREAM][-1:]
        kept = service.raw
        service.raw = [data for data in kept if data not in last]
        try:
            return service.encoded(service.fold())
        finally:
            service.raw = kept
