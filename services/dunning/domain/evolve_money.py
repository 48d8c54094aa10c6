"""How payments change the account, and the promises and plans they are counted for."""

from datetime import timedelta
from typing import TypeVar

from msgspec.structs import replace

from services.dunning.domain import events as e
from services.dunning.domain.clocks import reversed_payment
from services.dunning.domain.state import Account
from services.dunning.domain.values import Earned, Plan, Promise

_REMEMBERED_MAX = 64
_PAST_PROMISES_MAX = 16
_PAST_PLANS_MAX = 4
_CASE_TO_COME = ""
_AFTER_LAST_INSTALMENT = timedelta(days=2)
_ENDED = {
    e.PromiseKept: "kept",
    e.PromiseBroken: "broken",
    e.PromiseLapsed: "lapsed",
    e.PlanCompleted: "kept",
    e.PlanBroken: "broken",
}
P = TypeVar("P", Promise, Plan)


# ---- money


def payment_recorded(state: Account, event: e.PaymentRecorded) -> Account:
    payments = (*state.payments, event.payment_id)[-_REMEMBERED_MAX:]
    state = replace(state, payments=payments)
    if state.promises or state.plan or state.past_promises or state.past_plans:
        state = replace(
            state,
            promises=tuple(_counted(p, event) for p in state.promises),
            plan=_counted(state.plan, event) if state.plan else None,
            past_promises=tuple(_counted(p, event) for p in state.past_promises),
            past_plans=tuple(_counted(p, event) for p in state.past_plans),
        )
    return state


def _counted(one: P, event: e.PaymentRecorded) -> P:
    """With a payment that came in since; for one that has ended, only if it came in in time."""
    since = one.made_at if isinstance(one, Promise) else one.agreed_at
    if event.received_at < since or _is_too_late(one, event):
        return one
    return replace(
        one,
        received={**one.received, event.payment_id: event.amount},
        received_at={**one.received_at, event.payment_id: event.received_at},
    )


def _is_too_late(one: Promise | Plan, event: e.PaymentRecorded) -> bool:
    if not one.ended or one.until is None or event.received_at <= one.until:
        return False
    # A broken plan may turn out to run still: what came in since counts for the later instalments.
    last = one.instalments[-1].due if isinstance(one, Plan) and one.ended == "broken" else None
    return last is None or event.received_at.date() > last + _AFTER_LAST_INSTALMENT


def unmatched(state: Account, event: e.PaymentUnmatched) -> Account:
    return replace(state, unmatched={**state.unmatched, event.payment_id: event.until})


def payment_reversed(state: Account, event: e.PaymentReversed) -> Account:
    state = replace(
        state,
        promises=tuple(_less(p, event) for p in state.promises),
        plan=_less(state.plan, event) if state.plan else None,
        past_promises=tuple(_less(p, event) for p in state.past_promises),
        past_plans=tuple(_less(p, event) for p in state.past_plans),
    )
    if state.clocks:
        state = replace(
            state, clocks=reversed_payment(state.clocks, event.payment_id, event.amount)
        )
    earned = state.commissions.get(event.payment_id)
    if earned is not None and event.amount is not None:
        less: Earned = replace(earned, paid=max(0, earned.paid - event.amount))
        state = replace(state, commissions={**state.commissions, event.payment_id: less})
    if event.amount is not None:
        return state
    return replace(state, payments=tuple(p for p in state.payments if p != event.payment_id))


def _less(one: P, event: e.PaymentReversed) -> P:
    before = one.received.get(event.payment_id)
    if before is None:
        return one
    received, came = dict(one.received), dict(one.received_at)
    left = 0 if event.amount is None else before - event.amount
    if left > 0:
        received[event.payment_id] = left
    else:
        del received[event.payment_id]
        came.pop(event.payment_id, None)
    return replace(one, received=received, received_at=came)


def adopted(state: Account, case_id: str) -> Account:
    """With what runs again after its case closed taken over by the case that opens."""
    plan = state.plan
    if plan is not None and plan.case_id == _CASE_TO_COME:
        plan = replace(plan, case_id=case_id)
    promises = tuple(
        replace(p, case_id=case_id) if p.case_id == _CASE_TO_COME else p for p in state.promises
    )
    return replace(state, plan=plan, promises=promises)


# ---- promises


def promised(state: Account, event: e.PromiseMade) -> Account:
    promise = Promise(
        promise_id=event.promise_id,
        amount=event.amount,
        by=event.by,
        made_at=event.made_at,
        case_id=event.case_id,
    )
    return replace(state, promises=(*state.promises, promise))


def promise_over(
    state: Account, event: e.PromiseKept | e.PromiseBroken | e.PromiseLapsed
) -> Account:
    """It is remembered with how it ended; older events did not say until when payments count."""
    found, running, past = _taken(state, event.promise_id)
    if found is not None and event.until is not None:
        ended: Promise = replace(found, ended=_ENDED[type(event)], until=event.until)
        past = (*past, ended)[-_PAST_PROMISES_MAX:]
    return replace(state, promises=running, past_promises=past)


def promise_resumed(state: Account, event: e.PromiseResumed) -> Account:
    found, running, past = _taken(state, event.promise_id)
    if found is None:
        return state
    case_id = event.case_id or _CASE_TO_COME
    again: Promise = replace(found, case_id=case_id, ended="", until=None)
    return replace(state, promises=(*running, again), past_promises=past)


def _taken(
    state: Account, promise_id: str
) -> tuple[Promise | None, tuple[Promise, ...], tuple[Promise, ...]]:
    """A promise, and the running and the past ones without it."""
    found = next((p for p in _every(state) if p.promise_id == promise_id), None)
    running = tuple(p for p in state.promises if p.promise_id != promise_id)
    past = tuple(p for p in state.past_promises if p.promise_id != promise_id)
    return found, running, past


def _every(state: Account) -> tuple[Promise, ...]:
    return (*state.promises, *state.past_promises)


# ---- plans


def plan_agreed(state: Account, event: e.PlanAgreed) -> Account:
    plan = Plan(
        plan_id=event.plan_id,
        instalments=event.instalments,
        agreed_at=event.agreed_at,
        case_id=event.case_id,
    )
    return replace(state, plan=plan)


def plan_over(state: Account, event: e.PlanBroken | e.PlanCompleted) -> Account:
    """A running plan, or a past one that turned out to have been completed."""
    found = _plan(state, event.plan_id)
    past = tuple(p for p in state.past_plans if p.plan_id != event.plan_id)
    if found is not None and event.until is not None:
        ended: Plan = replace(found, ended=_ENDED[type(event)], until=event.until)
        past = (*past, ended)[-_PAST_PLANS_MAX:]
    running = state.plan
    if running is not None and running.plan_id == event.plan_id:
        running = None
    return replace(state, plan=running, past_plans=past)


def plan_resumed(state: Account, event: e.PlanResumed) -> Account:
    found = _plan(state, event.plan_id)
    if found is None:
        return state
    past = tuple(p for p in state.past_plans if p.plan_id != event.plan_id)
    case_id = event.case_id or _CASE_TO_COME
    again: Plan = replace(found, case_id=case_id, ended="", until=None)
    return replace(state, plan=again, past_plans=past)


def _plan(state: Account, plan_id: str) -> Plan | None:
    running = (state.plan,) if state.plan else ()
    return next((p for p in (*running, *state.past_plans) if p.plan_id == plan_id), None)
