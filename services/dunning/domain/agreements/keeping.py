"""How promises and plans end (rules of all packs: pause, value date, taken back).

Money counts from the instant it came in: a payment told late may show that a broken promise was
kept, or a broken plan met, and one that is taken back that a kept promise was not.
"""

from datetime import date, datetime

from services.dunning.domain.agreements.events import (
    PlanBroken,
    PlanCompleted,
    PlanResumed,
    PromiseBroken,
    PromiseKept,
    PromiseLapsed,
    PromiseResumed,
)
from services.dunning.domain.agreements.state import Plan, Promise
from services.dunning.domain.case.acting import raise_alert
from services.dunning.domain.case.reacting import react
from services.dunning.domain.localtime import ONE_DAY
from services.dunning.domain.money.owing import is_unpaid
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.facts import PlanFact, PromiseFact

# ---- at the step time


def check_agreements(rec: Recorder) -> None:
    """Break the promises and the plan whose day has passed unpaid, and raise their alerts."""
    for promise in rec.state.promises:
        if promise.by < rec.today and promise.paid < promise.amount:
            _end_promise(rec, promise)
    plan = rec.state.plan
    if plan is not None:
        short = plan.shortfall_on()
        if short is not None and short < rec.today:
            _end_plan(rec, plan, short)


def _end_promise(rec: Recorder, promise: Promise) -> None:
    if _is_over(rec, promise.case_id):
        lapse_promise(rec, promise)
        return
    rec.emit(
        PromiseBroken(
            promise_id=promise.promise_id,
            paid=promise.paid,
            case_id=rec.case_id,
            until=rec.step_time,
        )
    )
    promised, paid = rec.shown(promise.amount), rec.shown(promise.paid)
    words = f"promised {promised} by {promise.by}, paid {paid}"
    raise_alert(rec, "promise_broken", Cause(None, words))
    react(rec, PromiseFact("broken"))


def _end_plan(rec: Recorder, plan: Plan, short: date) -> None:
    if _is_over(rec, plan.case_id):
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
    paid, needed = rec.shown(plan.paid), rec.shown(due)
    words = f"instalments due by {short} not met: {paid} paid of {needed} due"
    raise_alert(rec, "plan_broken", Cause(None, words))
    react(rec, PlanFact("broken"))


def _is_over(rec: Recorder, case_id: str | None) -> bool:
    """Whether the debt it was about is gone: its case closed, or nothing is open at all."""
    if case_id and case_id != rec.case_id:
        return True
    return not any(is_unpaid(item, rec.today) for item in rec.state.items.values())


# ---- a payment is told


def count_payment(rec: Recorder) -> None:
    """Keep what the money so far keeps: running promises and the plan, and those that had been
    broken before a payment was told that came in in time.
    """
    for promise in rec.state.promises:
        if promise.paid >= promise.amount:
            _keep(rec, promise, max(rec.now, _checked_at(rec, promise.by)))
    for promise in rec.state.past_promises:
        until = promise.until
        if promise.ended == "broken" and until and promise.paid_by(until) >= promise.amount:
            _keep(rec, promise, until)
    plan = rec.state.plan
    if plan is not None and plan.paid >= plan.total:
        complete_plan(rec, plan)
        react(rec, PlanFact("completed"))
    _mend_plans(rec)


def _keep(rec: Recorder, promise: Promise, until: datetime) -> None:
    rec.emit(
        PromiseKept(promise_id=promise.promise_id, case_id=promise.case_id or None, until=until)
    )
    react(rec, PromiseFact("kept"))


def _mend_plans(rec: Recorder) -> None:
    """Let a broken plan run again, or be completed, that was not broken after all; not beside
    another.
    """
    for plan in rec.state.past_plans:
        is_present = not plan.case_id or plan.case_id == rec.case_id
        if plan.ended != "broken" or not is_present or rec.state.plan or _failed(rec, plan):
            continue
        _resume_plan(rec, plan, plan.case_id or None)
        if plan.paid >= plan.total:
            complete_plan(rec, plan)
            react(rec, PlanFact("completed"))


def _failed(rec: Recorder, plan: Plan) -> bool:
    """Whether an instalment of it was missed at its check; up to the one that broke it, what had
    come in by then counts.
    """
    due = 0
    for instalment in plan.instalments:
        due += instalment.amount
        checked = _checked_at(rec, instalment.due)
        counts_until = max(checked, plan.until or checked)
        if checked <= rec.now and plan.paid_by(counts_until) < due:
            return True
    return False


# ---- a payment is taken back


def discount_payment(rec: Recorder, counted: tuple[str, ...]) -> None:
    """Let run again what had ended well with money that counts as never made.

    `counted` are the promises and plans the payment counted for. Those of a case that closed
    meanwhile are of the case that the arrear opens.
    """
    for promise in rec.state.past_promises:
        if promise.promise_id in counted and _runs_again(promise, promise.amount):
            rec.emit(
                PromiseResumed(
                    promise_id=promise.promise_id,
                    amount=promise.amount,
                    by=promise.by,
                    paid=promise.paid,
                    case_id=rec.case_id,
                )
            )
    for plan in rec.state.past_plans:
        if plan.plan_id in counted and _runs_again(plan, plan.total) and rec.state.plan is None:
            _resume_plan(rec, plan, rec.case_id)


def counting(rec: Recorder, payment_id: str) -> tuple[str, ...]:
    """The promises and plans that have ended and a payment counts for."""
    return (
        *(p.promise_id for p in rec.state.past_promises if payment_id in p.received),
        *(p.plan_id for p in rec.state.past_plans if payment_id in p.received),
    )


def _runs_again(one: Promise | Plan, wanted: int) -> bool:
    return one.ended != "broken" and one.paid < wanted


def _resume_plan(rec: Recorder, plan: Plan, case_id: str | None) -> None:
    rec.emit(
        PlanResumed(
            plan_id=plan.plan_id, instalments=plan.instalments, paid=plan.paid, case_id=case_id
        )
    )


# ---- over with what it was about


def end_with_case(rec: Recorder) -> None:
    """End what was agreed about the case that closes: it says nothing about a new arrear."""
    for promise in rec.state.promises:
        if promise.case_id == rec.case_id:
            lapse_promise(rec, promise)
    plan = rec.state.plan
    if plan is not None and plan.case_id == rec.case_id:
        complete_plan(rec, plan)


def lapse_promise(rec: Recorder, promise: Promise) -> None:
    """End a promise whose debt is gone: neither kept nor broken."""
    until = _checked_at(rec, promise.by)
    rec.emit(
        PromiseLapsed(promise_id=promise.promise_id, case_id=promise.case_id or None, until=until)
    )


def complete_plan(rec: Recorder, plan: Plan) -> None:
    """End a plan that was paid, or whose debt is gone."""
    until = max(rec.now, _checked_at(rec, plan.instalments[-1].due))
    rec.emit(PlanCompleted(plan_id=plan.plan_id, case_id=plan.case_id or None, until=until))


def _checked_at(rec: Recorder, due_on: date) -> datetime:
    """When it is looked at whether what was due on a day came in."""
    return rec.at(due_on + ONE_DAY, rec.pack.step_time)
