"""Rules 1 to 4 of all packs: when a case opens and closes, what makes it wait, and what each thing
that happens does to it. Written from the rules' text; it reads a pack's figures and nothing else of
the system.
"""

from datetime import datetime, time
from typing import Any

from tests.properties.casefile import NINE, ONE_DAY, Case, Plan
from tests.properties.stepping import Stepping


class Model(Stepping):
    """What must be so on one account after everything that happened to it."""

    # ---- time

    def until(self, then: datetime) -> None:
        """Go through every midnight and every nine o'clock up to a wall-clock time."""
        while self.now < then:
            midnight = datetime.combine(self.today + ONE_DAY, time(0))
            nine = datetime.combine(self.today, NINE)
            self.now = min(midnight, then, nine if self.now < nine else midnight)
            if self.now.time() == time(0):
                self.book.happens("begin_day", self.today)
                self.follow()
            elif self.now.time() == NINE:
                self.book.happens("release")
                self.turn()

    def turn(self) -> None:
        for promise in list(self.promises):
            if promise.by < self.today:
                self.promises.remove(promise)
                if self._is_owed():
                    self.note("alert", "promise_broken")
                else:
                    self.kept.append(promise)
        if self.plan is not None and self.plan.is_short(self.today):
            if self._is_owed():
                self._end_plan()
                self.note("alert", "plan_broken")
            else:
                self._complete_plan()
        self.follow()
        self.before_due()
        self.step()

    # ---- case

    def follow(self) -> None:
        """Open or close the case as what is owed demands."""
        money = self.book.money
        if self.case is None and money.overdue():
            first = self.today if self.now.time() < NINE else self.today + ONE_DAY
            self.case = Case(self.today, first)
            self.note("case", "opened")
        elif self.case is not None and not money.past_due():
            for service in self.restricted:
                self.note("restored", service)
            self.kept += self.promises
            self.case, self.restricted, self.promises = None, [], []
            self._complete_plan()
            self.note("case", "closed")

    # ---- what happens

    def pay(self, payment_id: str, amount: int, named: list[str]) -> None:
        self.book.happens("pay", payment_id, amount, named)
        for ended, last in [(k, k.by) for k in self.kept] + [
            (p, max(on for on, _ in p.instalments)) for p in self.done_plans
        ]:
            if self.now <= datetime.combine(last + ONE_DAY, NINE):
                ended.paid[payment_id] = amount
        for promise in list(self.promises):
            promise.paid[payment_id] = amount
            if sum(promise.paid.values()) >= promise.amount:
                self.promises.remove(promise)
                self.kept.append(promise)
        if self.plan is not None:
            self.plan.paid[payment_id] = amount
            if sum(self.plan.paid.values()) >= self.plan.total:
                self._complete_plan()
        self.follow()

    def reverse(self, payment_id: str) -> None:
        self.book.reverse(payment_id)
        for promise in self.promises:
            promise.paid.pop(payment_id, None)
        if self.plan is not None:
            self.plan.paid.pop(payment_id, None)
        self._run_again(payment_id)
        self.follow()

    def _run_again(self, payment_id: str) -> None:
        """What only money that was never made had kept runs again, one plan at a time."""
        for promise in [p for p in self.kept if p.paid.pop(payment_id, None)]:
            if sum(promise.paid.values()) < promise.amount:
                self.kept.remove(promise)
                self.promises.append(promise)
        for plan in [p for p in self.done_plans if p.paid.pop(payment_id, None)]:
            if self.plan is None and sum(plan.paid.values()) < plan.total:
                self.done_plans.remove(plan)
                self.plan = plan
                self.book.happens("plan", plan.id)

    def happens(self, fact: str, *values: Any) -> None:
        """A fact about money that pays nothing."""
        self.book.happens(fact, *values)
        self.follow()

    def agree(self, plan: Plan) -> None:
        self.plan, self.planned = plan, True
        self.happens("plan", plan.id)

    def dispute(self, dispute_id: str, item_ids: list[str]) -> None:
        self.disputes[dispute_id] = item_ids
        self.disputed_ever = True
        self.happens("dispute", dispute_id, item_ids)

    def resolve(self, outcome: str, amount: int) -> None:
        dispute_id = next(iter(self.disputes))
        self.happens("resolve", dispute_id, outcome, self.disputes.pop(dispute_id), amount)

    def complete(self, kind: str) -> None:
        case = self.case
        if case is not None:
            case.tasks.remove(kind)
            case.done[kind] = self.now

    def asks_for(self) -> str:
        """What the step that asked wants approved; empty when none did."""
        asking = self.case.asking if self.case else None
        return asking.approval.for_ if asking and asking.approval else ""

    def decide_step(self, *, approved: bool) -> None:
        """The decision on the step that asked."""
        case = self.case
        if case is None or case.asking is None:
            return
        step, case.asking = case.asking, None
        if not approved:
            self.note("dropped", step.id)
            return
        self.grant(case, step)

    def _complete_plan(self) -> None:
        if self.plan is not None:
            self.done_plans.append(self.plan)
            self._end_plan()

    def _is_owed(self) -> bool:
        return bool(self.book.money.open())

    def _end_plan(self) -> None:
        if self.plan is not None:
            self.book.happens("end_plan", self.plan.id)
            self.plan = None
