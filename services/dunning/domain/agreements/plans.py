"""Instalment plans: agreed, completed, broken (rules of all packs: pause, value date, taken back).

Money counts from the instant it came in: a payment told late may show that a broken plan was met,
and one that is taken back that a completed plan was not.
"""

from collections.abc import Iterator
from datetime import date

from chassis.errors import Rejected
from contracts.base import AMOUNT_MAX
from services.dunning.domain.agreements.checking import checked_at, is_over
from services.dunning.domain.agreements.commands import AgreePlan
from services.dunning.domain.agreements.events import (
    PlanAgreed,
    PlanBroken,
    PlanCompleted,
    PlanResumed,
)
from services.dunning.domain.agreements.state import Plan
from services.dunning.domain.localtime import ONE_DAY
from services.dunning.domain.recorder import Cause, Due, Recorder, View
from services.dunning.policy.facts import PlanFact
from services.dunning.reasons import ahead as a
from services.dunning.reasons import values as r

INSTALMENTS_MAX = 600
"""As many as one message can name."""


def agree_plan(rec: Recorder, command: AgreePlan) -> None:
    """Agree a plan; raises Rejected while another runs, or when an instalment lies in the past."""
    if rec.state.plan is not None:
        raise Rejected("an instalment plan is running; it must be completed or broken first")
    if not command.instalments:
        raise Rejected("a plan needs at least one instalment")
    if len(command.instalments) > INSTALMENTS_MAX:
        raise Rejected(f"a plan has at most {INSTALMENTS_MAX} instalments")
    if sum(one.amount for one in command.instalments) > AMOUNT_MAX:
        raise Rejected(f"the instalments together are more than {AMOUNT_MAX}")
    for instalment in command.instalments:
        if instalment.amount <= 0:
            raise Rejected("every instalment needs an amount above 0")
        if instalment.due < rec.today:
            raise Rejected(f"the instalment due on {instalment.due} lies before today {rec.today}")
    rec.emit(
        PlanAgreed(
            plan_id=rec.new_id("i"),
            instalments=tuple(sorted(command.instalments, key=lambda i: i.due)),
            agreed_at=rec.now,
            case_id=rec.case_id,
            note=command.note,
            collateral=command.collateral,
        )
    )
    rec.react(PlanFact("agreed"))


# ---- at the step time


def agenda(view: View, floor: date) -> Iterator[Due]:
    """The plan is looked at on the morning after the day of the first instalment not paid yet."""
    short = view.state.plan.shortfall_on() if view.state.plan else None
    if short is not None:
        at = view.steps_at(max(short + ONE_DAY, floor))
        yield Due(at, a.Routine.PLAN_CHECK, a.InstalmentDue(short), _check)


def _check(rec: Recorder) -> None:
    """Break the plan when the day of an instalment has passed unpaid, and raise its alert."""
    plan = rec.state.plan
    short = plan.shortfall_on() if plan else None
    if plan is None or short is None or short >= rec.today:
        return
    if is_over(rec, plan.case_id):
        complete_plan(rec, plan)
        return
    due = sum(i.amount for i in plan.instalments if i.due < rec.today)
    rec.emit(
        PlanBroken(
            plan_id=plan.plan_id,
            paid=plan.paid,
            due=due,
            case_id=rec.case_id,
            until=rec.step_time,
        )
    )
    unmet = r.InstalmentsUnmet(short, rec.amount(plan.paid), rec.amount(due))
    rec.alert("plan_broken", Cause(None, unmet))
    rec.react(PlanFact("broken"))


# ---- a payment is told


def keep_plans(rec: Recorder) -> None:
    """Complete the plan that the money so far completes, and mend one that had been broken before
    a payment was told that came in in time.
    """
    plan = rec.state.plan
    if plan is not None and plan.paid >= plan.total:
        complete_plan(rec, plan)
        rec.react(PlanFact("completed"))
    _mend(rec)


def _mend(rec: Recorder) -> None:
    """Let a broken plan run again, or be completed, that was not broken after all; not beside
    another.
    """
    for plan in rec.state.past_plans:
        is_present = not plan.case_id or plan.case_id == rec.case_id
        if plan.ended != "broken" or not is_present or rec.state.plan or _failed(rec, plan):
            continue
        _resume(rec, plan, plan.case_id or None)
        if plan.paid >= plan.total:
            complete_plan(rec, plan)
            rec.react(PlanFact("completed"))


def _failed(rec: Recorder, plan: Plan) -> bool:
    """Whether an instalment of it was missed at its check; up to the one that broke it, what had
    come in by then counts.
    """
    due = 0
    for instalment in plan.instalments:
        due += instalment.amount
        checked = checked_at(rec, instalment.due)
        counts_until = max(checked, plan.until or checked)
        if checked <= rec.now and plan.paid_by(counts_until) < due:
            return True
    return False


# ---- a payment is taken back


def plans_counting(rec: Recorder, payment_id: str) -> tuple[str, ...]:
    """The plans that have ended and a payment counts for."""
    return tuple(p.plan_id for p in rec.state.past_plans if payment_id in p.received)


def resume_plans(rec: Recorder, counted: tuple[str, ...]) -> None:
    """Let those of the counted plans run again that had been completed with money that counts as
    never made; not beside another. One of a case that closed meanwhile is of the case that the
    arrear opens.
    """
    for plan in rec.state.past_plans:
        ended_well = plan.plan_id in counted and plan.ended != "broken"
        if ended_well and plan.paid < plan.total and rec.state.plan is None:
            _resume(rec, plan, rec.case_id)


def _resume(rec: Recorder, plan: Plan, case_id: str | None) -> None:
    rec.emit(
        PlanResumed(
            plan_id=plan.plan_id, instalments=plan.instalments, paid=plan.paid, case_id=case_id
        )
    )


# ---- over with what it was about


def complete_plan(rec: Recorder, plan: Plan) -> None:
    """End a plan that was paid, or whose debt is gone."""
    until = max(rec.now, checked_at(rec, plan.instalments[-1].due))
    rec.emit(PlanCompleted(plan_id=plan.plan_id, case_id=plan.case_id or None, until=until))
