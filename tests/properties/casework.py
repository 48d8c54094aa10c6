"""Rules 1 to 4 of all packs: when a case opens and closes, which step it takes on which day, and
what makes it wait. Written from the rules' text; it reads a pack's figures and nothing else of the
system.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from services.dunning.policy import Pack
from services.dunning.policy.actions import Legal, Notice, Refer, Restrict, Task
from services.dunning.policy.conditions import (
    AllOf,
    Classified,
    Condition,
    DisputedEver,
    Not,
    OverdueAtLeast,
    Replied,
    Restricted,
)
from services.dunning.policy.model import Step
from services.dunning.policy.timing import AfterFact, AfterTask, DayPastDue, DaysAfterStep
from tests.properties.money import Book, Claim

ONE_DAY = timedelta(days=1)
NINE = time(9)


class Entry(NamedTuple):
    """One line of what happened: the local day, what, and which."""

    on: date
    what: str
    which: str


class Owed(NamedTuple):
    """The figures a notice or a document of a step has to show."""

    step: str
    principal: int
    late_fee: int


@dataclass
class Case:
    opened_on: date
    first_day: date
    gone: set[str] = field(default_factory=set)
    taken: dict[str, date] = field(default_factory=dict)
    last_day: date | None = None
    counts_from: date | None = None
    asking: Step | None = None
    granted: Step | None = None
    replied: bool = False
    done: dict[str, datetime] = field(default_factory=dict)
    tasks: list[str] = field(default_factory=list)


@dataclass
class Promise:
    amount: int
    by: date
    paid: dict[str, int] = field(default_factory=dict)


@dataclass
class Plan:
    id: str
    instalments: list[tuple[date, int]]
    paid: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(amount for _, amount in self.instalments)

    def is_short(self, day: date) -> bool:
        """Whether an instalment due before a day is not covered."""
        due = 0
        for on, amount in sorted(self.instalments):
            due += amount
            if on < day and sum(self.paid.values()) < due:
                return True
        return False


class Model:
    """What must be so on one account after everything that happened to it."""

    def __init__(self, pack: Pack, book: Book, now: datetime) -> None:
        self.pack, self.book, self.now = pack, book, now
        self.case: Case | None = None
        self.log: list[Entry] = []
        self.shown: list[Owed] = []
        self.hold = False
        self.promises: list[Promise] = []
        self.plan: Plan | None = None
        self.kept: list[Promise] = []
        self.done_plans: list[Plan] = []
        self.planned = False
        self.disputes: dict[str, list[str]] = {}
        self.disputed_ever = False
        self.applications: list[str] = []
        self.restricted: list[str] = []

    # ---- time

    @property
    def today(self) -> date:
        return self.now.date()

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
                    self._note("alert", "promise_broken")
                else:
                    self.kept.append(promise)
        if self.plan is not None and self.plan.is_short(self.today):
            if self._is_owed():
                self._end_plan()
                self._note("alert", "plan_broken")
            else:
                self._complete_plan()
        self.follow()
        self._before_due()
        self._step()

    # ---- case

    def follow(self) -> None:
        """Open or close the case as what is owed demands."""
        money = self.book.money
        if self.case is None and money.overdue():
            first = self.today if self.now.time() < NINE else self.today + ONE_DAY
            self.case = Case(self.today, first)
            self._note("case", "opened")
        elif self.case is not None and not money.past_due():
            for service in self.restricted:
                self._note("restored", service)
            self.kept += self.promises
            self.case, self.restricted, self.promises = None, [], []
            self._complete_plan()
            self._note("case", "closed")

    def is_paused(self) -> bool:
        money = self.book.money
        all_disputed = bool(money.past_due()) and not money.overdue()
        agreed = bool(self.promises) or self.plan is not None
        return self.hold or agreed or all_disputed or bool(self.applications)

    def status(self) -> str:
        if self.case is None:
            return "none"
        return "paused" if self.is_paused() else "open"

    # ---- steps

    def _before_due(self) -> None:
        for entry in self.pack.before_due:
            on = self.today + timedelta(days=entry.days)
            coming = [claim for claim in self.book.money.open() if claim.due == on]
            if coming and not self.hold and self._is_asked_for(coming):
                self._note("before", entry.id)

    def _is_asked_for(self, coming: list[Claim]) -> bool:
        """Whether the money that waits leaves anything of these claims: older ones come first."""
        money = self.book.money
        older = [k for k in money.open() if not k.disputes and k.due < coming[0].due]
        less = max(0, self._waiting() - sum(k.left + money.fee_due(k) for k in older))
        return sum(claim.left + money.fee_due(claim) for claim in coming) > less

    def _waiting(self) -> int:
        money = self.book.money
        return money.prepaid + sum(amount for amount, _, _ in money.waiting)

    def _step(self) -> None:
        case = self.case
        if case is None or self.is_paused() or self.today < case.first_day:
            return
        if case.last_day == self.today or case.asking is not None:
            return
        if case.granted is not None:
            self._grant(case, case.granted)
            return
        for step in self.pack.steps:
            if step.id in case.gone:
                continue
            if not self._has_come(case, step):
                return
            if not self._holds(case, step.if_):
                case.gone.add(step.id)
                self._note("dropped", step.id)
                continue
            if not self._is_held(step):
                case.gone.add(step.id)
                self._take(case, step)
            return

    def _is_held(self, step: Step) -> bool:
        """Whether it would restrict, refer or go to court, and money that waits for invoices nobody
        knows covers all that is overdue.
        """
        money = self.book.money
        waiting = sum(amount for amount, _, _ in money.waiting)
        owed = sum(claim.left + money.fee_due(claim) for claim in money.overdue())
        severe = any(isinstance(action, Restrict | Refer | Legal) for action in step.do)
        return severe and 0 < waiting >= owed

    def _take(self, case: Case, step: Step) -> None:
        case.last_day = self.today
        case.taken[step.id] = self.today
        if step.approval is not None:
            case.asking = step
            self._note("asked", step.id)
            return
        case.counts_from = self.today
        self._note("taken", step.id)
        self._do(case, step)

    def _do(self, case: Case, step: Step) -> None:
        for action in step.do:
            if action.if_ is not None:
                raise NotImplementedError("the model knows no condition on an action")
            messages = 0
            match action:
                case Restrict(service=service):
                    self.restrict(service)
                case Task(kind=kind):
                    case.tasks.append(kind)
                case Notice(channels=channels):
                    messages = len(channels)
                case Legal():
                    messages = 1
                case _:
                    pass
            self.shown += [self._owed(step.id, self.book.money.overdue())] * messages

    def _owed(self, step: str, claims: list[Claim]) -> Owed:
        """What they come to, less the money that waits."""
        less, principal, fees = self._waiting(), 0, 0
        for claim in claims:
            for_principal = min(less, claim.left)
            fee = self.book.money.fee_due(claim)
            for_fee = min(less - for_principal, fee)
            less -= for_principal + for_fee
            principal += claim.left - for_principal
            fees += fee - for_fee
        return Owed(step, principal, fees)

    def restrict(self, service: str) -> None:
        if service not in self.restricted:
            self.restricted.append(service)
            self._note("restricted", service)

    def _has_come(self, case: Case, step: Step) -> bool:
        overdue, when = self.book.money.overdue(), step.when
        least = when.or_overdue_at_least
        if least is not None and sum(claim.left for claim in overdue) >= least:
            return True
        match when:
            case DayPastDue(day=day):
                return self.today >= overdue[0].due + timedelta(days=day)
            case DaysAfterStep(then_days=days):
                base = case.counts_from or case.opened_on
                return self.today >= base + timedelta(days=days)
            case AfterFact(after=AfterTask(task=kind, days=days)):
                done = case.done.get(kind)
                if done is None:
                    return False
                on = done.date() + timedelta(days=days)
                return done < self.now and self.today >= on
            case _:
                raise NotImplementedError("the model does not know when this step comes")

    def _holds(self, case: Case, condition: Condition | None) -> bool:
        """Whether the condition of a step holds."""
        match condition:
            case None:
                return True
            case AllOf(all=parts):
                return all(self._holds(case, part) for part in parts)
            case Not(not_=part):
                return not self._holds(case, part)
            case Replied(replied=wanted):
                return case.replied is wanted
            case DisputedEver(disputed_ever=wanted):
                return self.disputed_ever is wanted
            case OverdueAtLeast(overdue_at_least=least):
                return sum(claim.left for claim in self.book.money.overdue()) >= least
            case Restricted(restricted=names):
                return any(name in self.restricted for name in names)
            case Classified():
                return False
            case _:
                raise NotImplementedError("the model does not know this condition")

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
            self._note("dropped", step.id)
            return
        self._grant(case, step)

    def _grant(self, case: Case, step: Step) -> None:
        """What was approved happens, unless money that waits holds it back."""
        case.granted = step if self._is_held(step) else None
        if case.granted is not None:
            return
        case.counts_from = self.today
        self._note("granted", step.id)
        self._do(case, step)

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

    def _note(self, what: str, which: str) -> None:
        self.log.append(Entry(self.today, what, which))
