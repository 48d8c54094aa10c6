"""Rules 2 and 3 of all packs: which step a case takes on which day, and what holds it back.
Written from the rules' text; it reads a pack's figures and nothing else of the system.
"""

from datetime import date, datetime, timedelta

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
from tests.properties.casefile import Case, Entry, Owed, Plan, Promise
from tests.properties.money import Book, Claim


class Stepping:
    """One account and the steps of its case."""

    def __init__(self, pack: Pack, book: Book, now: datetime) -> None:
        self.pack, self.book, self.now = pack, book, now
        self.case: Case | None = None
        self.log: list[Entry] = []
        self.shown: list[Owed] = []
        self.holds: set[str] = set()
        self.promises: list[Promise] = []
        self.plan: Plan | None = None
        self.kept: list[Promise] = []
        self.done_plans: list[Plan] = []
        self.planned = False
        self.disputes: dict[str, list[str]] = {}
        self.disputed_ever = False
        self.applications: list[str] = []
        self.restricted: list[str] = []

    @property
    def today(self) -> date:
        return self.now.date()

    def is_paused(self) -> bool:
        money = self.book.money
        all_disputed = bool(money.past_due()) and not money.overdue()
        agreed = bool(self.promises) or self.plan is not None
        return bool(self.holds) or agreed or all_disputed or bool(self.applications)

    def status(self) -> str:
        if self.case is None:
            return "none"
        return "paused" if self.is_paused() else "open"

    def note(self, what: str, which: str) -> None:
        self.log.append(Entry(self.today, what, which))

    # ---- steps

    def before_due(self) -> None:
        for entry in self.pack.before_due:
            on = self.today + timedelta(days=entry.days)
            coming = [claim for claim in self.book.money.open() if claim.due == on]
            if coming and not self.holds and self._is_asked_for(coming):
                self.note("before", entry.id)

    def _is_asked_for(self, coming: list[Claim]) -> bool:
        """Whether the money that waits leaves anything of these claims: older ones come first."""
        money = self.book.money
        older = [k for k in money.open() if not k.disputes and k.due < coming[0].due]
        less = max(0, self._waiting() - sum(k.left + money.fee_due(k) for k in older))
        return sum(claim.left + money.fee_due(claim) for claim in coming) > less

    def _waiting(self) -> int:
        money = self.book.money
        return money.prepaid + sum(amount for amount, _, _ in money.waiting)

    def step(self) -> None:
        case = self.case
        if case is None or self.is_paused() or self.today < case.first_day:
            return
        if case.last_day == self.today or case.asking is not None:
            return
        if case.granted is not None:
            self.grant(case, case.granted)
            return
        for step in self.pack.steps:
            if step.id in case.gone:
                continue
            if not self._has_come(case, step):
                return
            if not self._holds(case, step.if_):
                case.gone.add(step.id)
                self.note("dropped", step.id)
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
            self.note("asked", step.id)
            return
        case.counts_from = self.today
        self.note("taken", step.id)
        self._do(case, step)

    def grant(self, case: Case, step: Step) -> None:
        """What was approved happens, unless money that waits holds it back."""
        case.granted = step if self._is_held(step) else None
        if case.granted is not None:
            return
        case.counts_from = self.today
        self.note("granted", step.id)
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
            self.note("restricted", service)

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
