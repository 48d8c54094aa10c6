"""How promises, plans, disputes and applications change."""

from datetime import timedelta
from typing import TypeVar

from msgspec.structs import replace

from services.dunning.domain.account import Account, Change, with_case
from services.dunning.domain.agreements.events import (
    ApplicationDecided,
    ApplicationMade,
    DecisionFoundLate,
    DisputeOpened,
    DisputeResolved,
    ItemDeferred,
    PlanAgreed,
    PlanBroken,
    PlanCompleted,
    PlanResumed,
    PromiseBroken,
    PromiseKept,
    PromiseLapsed,
    PromiseMade,
    PromiseResumed,
)
from services.dunning.domain.agreements.state import Application, Dispute, Plan, Promise
from services.dunning.domain.case.events import CaseOpened
from services.dunning.domain.money.events import PaymentRecorded, PaymentReversed
from services.dunning.domain.money.state import Item

_REMEMBERED_MAX = 64
_PAST_PROMISES_MAX = 16
_PAST_PLANS_MAX = 4
_CASE_TO_COME = ""
_AFTER_LAST_INSTALMENT = timedelta(days=2)
_ENDED = {
    PromiseKept: "kept",
    PromiseBroken: "broken",
    PromiseLapsed: "lapsed",
    PlanCompleted: "kept",
    PlanBroken: "broken",
}
P = TypeVar("P", Promise, Plan)


# ---- payments count for promises and plans


def payment_counted(state: Account, event: PaymentRecorded) -> Account:
    if not _agreed(state):
        return state
    return replace(
        state,
        promises=tuple(_counted(p, event) for p in state.promises),
        plan=_counted(state.plan, event) if state.plan else None,
        past_promises=tuple(_counted(p, event) for p in state.past_promises),
        past_plans=tuple(_counted(p, event) for p in state.past_plans),
    )


def payment_discounted(state: Account, event: PaymentReversed) -> Account:
    if not _agreed(state):
        return state
    return replace(
        state,
        promises=tuple(_less(p, event) for p in state.promises),
        plan=_less(state.plan, event) if state.plan else None,
        past_promises=tuple(_less(p, event) for p in state.past_promises),
        past_plans=tuple(_less(p, event) for p in state.past_plans),
    )


def _agreed(state: Account) -> bool:
    return bool(state.promises or state.plan or state.past_promises or state.past_plans)


def _counted(one: P, event: PaymentRecorded) -> P:
    """With a payment that came in since; for one that has ended, only if it came in in time."""
    since = one.made_at if isinstance(one, Promise) else one.agreed_at
    if event.received_at < since or _is_too_late(one, event):
        return one
    return replace(
        one,
        received={**one.received, event.payment_id: event.amount},
        received_at={**one.received_at, event.payment_id: event.received_at},
    )


def _is_too_late(one: Promise | Plan, event: PaymentRecorded) -> bool:
    if not one.ended or one.until is None or event.received_at <= one.until:
        return False
    # A broken plan may turn out to run still: what came in since counts for the later instalments.
    last = one.instalments[-1].due if isinstance(one, Plan) and one.ended == "broken" else None
    return last is None or event.received_at.date() > last + _AFTER_LAST_INSTALMENT


def _less(one: P, event: PaymentReversed) -> P:
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


def adopted(state: Account, event: CaseOpened) -> Account:
    """What runs again after its case closed is taken over by the case that opens."""
    if not state.promises and not state.plan:
        return state
    case_id = event.case_id or ""
    plan = state.plan
    if plan is not None and plan.case_id == _CASE_TO_COME:
        plan = replace(plan, case_id=case_id)
    promises = tuple(
        replace(p, case_id=case_id) if p.case_id == _CASE_TO_COME else p for p in state.promises
    )
    return replace(state, plan=plan, promises=promises)


# ---- promises


def promised(state: Account, event: PromiseMade) -> Account:
    promise = Promise(
        promise_id=event.promise_id,
        amount=event.amount,
        by=event.by,
        made_at=event.made_at,
        case_id=event.case_id,
    )
    return replace(state, promises=(*state.promises, promise))


def promise_over(state: Account, event: PromiseKept | PromiseBroken | PromiseLapsed) -> Account:
    """It is remembered with how it ended; older events did not say until when payments count."""
    found, running, past = _taken(state, event.promise_id)
    if found is not None and event.until is not None:
        ended: Promise = replace(found, ended=_ENDED[type(event)], until=event.until)
        past = (*past, ended)[-_PAST_PROMISES_MAX:]
    return replace(state, promises=running, past_promises=past)


def promise_resumed(state: Account, event: PromiseResumed) -> Account:
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


def plan_agreed(state: Account, event: PlanAgreed) -> Account:
    plan = Plan(
        plan_id=event.plan_id,
        instalments=event.instalments,
        agreed_at=event.agreed_at,
        case_id=event.case_id,
    )
    return replace(state, plan=plan)


def plan_over(state: Account, event: PlanBroken | PlanCompleted) -> Account:
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


def plan_resumed(state: Account, event: PlanResumed) -> Account:
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


# ---- disputes, applications


def dispute_opened(state: Account, event: DisputeOpened) -> Account:
    dispute = Dispute(dispute_id=event.dispute_id, kind=event.kind, item_ids=event.item_ids)
    contested = tuple(dict.fromkeys([*state.contested, *event.item_ids]))[-_REMEMBERED_MAX:]
    state = replace(
        state, disputes=(*state.disputes, dispute), disputed_ever=True, contested=contested
    )
    return with_case(state, disputed=True)


def dispute_resolved(state: Account, event: DisputeResolved) -> Account:
    left = tuple(d for d in state.disputes if d.dispute_id != event.dispute_id)
    state = replace(state, disputes=left)
    if event.outcome == "upheld":
        items = {k: v for k, v in state.items.items() if k not in event.item_ids}
        return replace(state, items=items)
    if event.outcome == "reduced" and event.amount is not None and len(event.item_ids) == 1:
        return _reduced(state, event.item_ids[0], event.amount)
    return state


def _reduced(state: Account, item_id: str, amount: int) -> Account:
    item = state.items.get(item_id)
    if item is None:
        return state
    paid = item.amount - item.principal
    less: Item = replace(item, amount=amount, principal=max(0, amount - paid))
    return replace(state, items={**state.items, item_id: less})


def applied(state: Account, event: ApplicationMade) -> Account:
    application = Application(
        application_id=event.application_id,
        for_=event.for_,
        made_on=event.on,
        by_code=event.by_code,
        subject_code=event.subject_code,
        amount=event.amount,
        until=event.until,
    )
    return replace(state, applications=(*state.applications, application))


def application_decided(state: Account, event: ApplicationDecided) -> Account:
    left = tuple(a for a in state.applications if a.application_id != event.application_id)
    return replace(state, applications=left)


def deferred(state: Account, event: ItemDeferred) -> Account:
    items = {
        key: replace(item, due_on=event.until) if key in event.item_ids else item
        for key, item in state.items.items()
    }
    return replace(state, items=items)


def decision_late(state: Account, event: DecisionFoundLate) -> Account:
    applications = tuple(
        replace(a, late=True) if a.application_id == event.application_id else a
        for a in state.applications
    )
    return replace(state, applications=applications)


CHANGES: dict[type, Change] = {
    PaymentRecorded: payment_counted,
    PaymentReversed: payment_discounted,
    CaseOpened: adopted,
    PromiseMade: promised,
    PromiseKept: promise_over,
    PromiseBroken: promise_over,
    PromiseLapsed: promise_over,
    PromiseResumed: promise_resumed,
    PlanAgreed: plan_agreed,
    PlanBroken: plan_over,
    PlanCompleted: plan_over,
    PlanResumed: plan_resumed,
    DisputeOpened: dispute_opened,
    DisputeResolved: dispute_resolved,
    ApplicationMade: applied,
    ApplicationDecided: application_decided,
    DecisionFoundLate: decision_late,
    ItemDeferred: deferred,
}
