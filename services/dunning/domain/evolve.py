"""How events change the state: one small function for each, and nothing decided here."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from msgspec.structs import replace

from services.dunning.domain import events as e
from services.dunning.domain.state import Account, Case, Creditor, WaitingContact
from services.dunning.domain.values import (
    Application,
    Approval,
    Dispute,
    Item,
    OpenTask,
    Plan,
    Promise,
    Restriction,
)
from services.dunning.policy.vocabulary import CONTACT_TASKS

_REMEMBERED_MAX = 64
_CONTACT_MEMORY = timedelta(days=400)


def evolve_account(state: Account, event: Any) -> Account:
    """Apply one event to an account; an event of no consequence only counts."""
    change = _ACCOUNT.get(type(event))
    following = change(state, event) if change else state
    return replace(following, sequence=state.sequence + 1)


def evolve_creditor(state: Creditor, event: Any) -> Creditor:
    """Apply one event to a creditor."""
    change = _CREDITOR.get(type(event))
    following = change(state, event) if change else state
    return replace(following, sequence=state.sequence + 1)


def _case(state: Account, **changes: Any) -> Account:
    return replace(state, case=replace(state.case, **changes)) if state.case else state


# ---- items, payments, account


def _items_updated(state: Account, event: e.ItemsUpdated) -> Account:
    items = dict(state.items)
    settled = list(state.settled)
    for item in event.items:
        items.pop(item.item_id, None)
        if item.item_id in settled:
            settled.remove(item.item_id)
        if item.state == "open":
            items[item.item_id] = item
        elif item.state == "settled":
            settled.append(item.item_id)
    return replace(
        state,
        items=items,
        settled=tuple(settled[-_REMEMBERED_MAX:]),
        ledger_version=event.ledger_version,
        currency=event.currency,
        updating=event.more,
    )


def _payment_recorded(state: Account, event: e.PaymentRecorded) -> Account:
    promises = tuple(
        replace(p, received={**p.received, event.payment_id: event.amount})
        if event.received_at >= p.made_at
        else p
        for p in state.promises
    )
    plan = state.plan
    if plan and event.received_at >= plan.agreed_at:
        plan = replace(plan, received={**plan.received, event.payment_id: event.amount})
    payments = (*state.payments, event.payment_id)[-_REMEMBERED_MAX:]
    return replace(state, promises=promises, plan=plan, payments=payments)


def _payment_reversed(state: Account, event: e.PaymentReversed) -> Account:
    promises = tuple(
        replace(p, received=_without(p.received, event.payment_id)) for p in state.promises
    )
    plan = state.plan
    if plan:
        plan = replace(plan, received=_without(plan.received, event.payment_id))
    payments = tuple(p for p in state.payments if p != event.payment_id)
    return replace(state, promises=promises, plan=plan, payments=payments)


def _without(received: dict[str, int], key: str) -> dict[str, int]:
    return {k: v for k, v in received.items() if k != key}


def _account_updated(state: Account, event: e.AccountUpdated) -> Account:
    return replace(state, segment=event.segment, attributes=event.attributes, profile=event.profile)


def _account_erased(state: Account, event: e.AccountErased) -> Account:
    return replace(state, segment=None, attributes=(), profile=b"")


def _observed(state: Account, event: e.ObservationRecorded) -> Account:
    return replace(state, observed={**state.observed, event.kind: event.on})


def _replied(state: Account, event: e.ReplyRecorded) -> Account:
    return _case(state, replied=True)


def _progressed(state: Account, event: e.LegalProgressRecorded) -> Account:
    if not state.case:
        return state
    return _case(state, progress={**state.case.progress, event.progress: event.on})


# ---- the case


def _opened(state: Account, event: e.CaseOpened) -> Account:
    case = Case(
        case_id=event.case_id or "",
        policy=event.policy_ref,
        opened_on=event.opened_on,
        first_step_on=event.first_step_on,
        disputed=bool(state.disputes),
    )
    return replace(state, case=case, cases=state.cases + 1, classified_ahead=None)


def _paused(state: Account, event: e.CasePaused) -> Account:
    return _case(state, paused=event.reasons)


def _resumed(state: Account, event: e.CaseResumed) -> Account:
    return _case(state, paused=())


def _closed(state: Account, event: e.CaseClosed) -> Account:
    return replace(state, case=None, last_case_id=event.case_id, last_overdue_on=event.closed_on)


def _step_taken(state: Account, event: e.StepTaken) -> Account:
    if not state.case or event.step is None:
        return state
    return _case(
        state,
        taken={**state.case.taken, event.step: event.on},
        last_step_on=event.on,
        base_on=state.case.base_on if event.asks else event.on,
    )


def _step_dropped(state: Account, event: e.StepDropped) -> Account:
    if not state.case or event.step is None:
        return state
    taken = {k: v for k, v in state.case.taken.items() if k != event.step}
    return _case(state, taken=taken, dropped=(*state.case.dropped, event.step))


def _step_granted(state: Account, event: e.StepGranted) -> Account:
    if not state.case or event.step is None:
        return state
    taken = {**state.case.taken, event.step: event.on} if event.step in state.case.taken else None
    return _case(state, granted=None, base_on=event.on, taken=taken or state.case.taken)


def _delayed(state: Account, event: e.ContactDelayed) -> Account:
    if not state.case:
        return state
    waiting = WaitingContact(
        contact=event.contact,
        path=event.path,
        step=event.step or "",
        reason=event.reason,
        channel=event.channel,
    )
    return _case(state, waiting=(*state.case.waiting, waiting))


def _reacted(state: Account, event: e.Reacted) -> Account:
    return replace(state, reacted={**state.reacted, event.step or "": event.on})


# ---- effects


def _contacted(case: Case, on: date, contact: str | None) -> dict[str, Any]:
    return {
        "contacts": (*(d for d in case.contacts if d > on - _CONTACT_MEMORY), on),
        "waiting": tuple(w for w in case.waiting if w.contact != contact),
    }


def _notice_requested(state: Account, event: e.NoticeRequested) -> Account:
    state = replace(state, notices={**state.notices, event.channel: event.notice_id})
    if not state.case:
        return state
    sent = tuple(dict.fromkeys((*state.case.sent, event.purpose)))
    return _case(state, sent=sent, **_contacted(state.case, event.on, event.contact))


def _open_task(event: e.TaskRequested) -> OpenTask:
    return OpenTask(
        task_id=event.task_id,
        kind=event.kind,
        owner=event.owner,
        requested_on=event.on,
        case_id=event.case_id,
        step=event.step,
    )


def _task_requested(state: Account, event: e.TaskRequested) -> Account:
    state = replace(state, tasks=(*state.tasks, _open_task(event)))
    if not state.case or event.kind not in CONTACT_TASKS:
        return state
    calls = (*(d for d in state.case.calls if d >= event.on), event.on)
    return _case(state, calls=calls, **_contacted(state.case, event.on, event.contact))


def _task_completed(state: Account, event: e.TaskCompleted) -> Account:
    state = replace(state, tasks=_except_task(state.tasks, event.task_id))
    if not state.case:
        return state
    results = {
        **state.case.results,
        event.kind: event.at,
        f"{event.kind}:{event.result}": event.at,
    }
    return _case(state, results=results)


def _task_withdrawn(state: Account, event: e.TaskWithdrawn) -> Account:
    return replace(state, tasks=_except_task(state.tasks, event.task_id))


def _except_task(tasks: tuple[OpenTask, ...], task_id: str) -> tuple[OpenTask, ...]:
    return tuple(task for task in tasks if task.task_id != task_id)


def _restricted(state: Account, event: e.RestrictionRequested) -> Account:
    new = Restriction(service=event.service, since=event.on, case_id=event.case_id)
    return replace(state, restrictions=(*state.restrictions, new))


def _restored(state: Account, event: e.RestorationRequested) -> Account:
    left = tuple(r for r in state.restrictions if r.service != event.service)
    return replace(state, restrictions=left)


def _referred(state: Account, event: e.ReferralMade) -> Account:
    return _case(state, referred=(*state.case.referred, event.to)) if state.case else state


def _approval_requested(state: Account, event: e.ApprovalRequested) -> Account:
    approval = Approval(
        approval_id=event.approval_id,
        for_=event.for_,
        by_role=event.by_role,
        case_id=event.case_id,
        step=event.step,
        path=event.path,
        is_step=event.is_step,
        holds_steps=event.holds_steps,
    )
    state = replace(state, approvals=(*state.approvals, approval))
    return _case(state, asking=event.step) if event.holds_steps else state


def _approval_decided(state: Account, event: e.ApprovalDecided) -> Account:
    decided = next((a for a in state.approvals if a.approval_id == event.approval_id), None)
    state = _approval_gone(state, event)
    if decided is None or state.case is None:
        return state
    if event.at is not None:
        key = f"approval {event.for_}:{event.outcome}"
        state = _case(state, results={**state.case.results, key: event.at})
    if decided.holds_steps:
        state = _case(state, asking=None)
    if not decided.is_step:
        return state
    granted = replace(decided, amount=event.amount) if event.outcome == "approved" else None
    return _case(state, granted=granted)


def _approval_gone(state: Account, event: e.ApprovalDecided | e.ApprovalLapsed) -> Account:
    left = tuple(a for a in state.approvals if a.approval_id != event.approval_id)
    return replace(state, approvals=left)


def _classified(state: Account, event: e.Classified) -> Account:
    return _case(state, classified=event.as_)


def _classified_ahead(state: Account, event: e.ClassifiedAhead) -> Account:
    return replace(state, classified_ahead=event.as_)


# ---- what operators record


def _promised(state: Account, event: e.PromiseMade) -> Account:
    promise = Promise(
        promise_id=event.promise_id,
        amount=event.amount,
        by=event.by,
        made_at=event.made_at,
        case_id=event.case_id,
    )
    return replace(state, promises=(*state.promises, promise))


def _promise_over(
    state: Account, event: e.PromiseKept | e.PromiseBroken | e.PromiseLapsed
) -> Account:
    left = tuple(p for p in state.promises if p.promise_id != event.promise_id)
    return replace(state, promises=left)


def _plan_agreed(state: Account, event: e.PlanAgreed) -> Account:
    plan = Plan(
        plan_id=event.plan_id,
        instalments=event.instalments,
        agreed_at=event.agreed_at,
        case_id=event.case_id,
    )
    return replace(state, plan=plan)


def _plan_over(state: Account, event: e.PlanBroken | e.PlanCompleted) -> Account:
    return replace(state, plan=None)


def _dispute_opened(state: Account, event: e.DisputeOpened) -> Account:
    dispute = Dispute(dispute_id=event.dispute_id, kind=event.kind, item_ids=event.item_ids)
    state = replace(state, disputes=(*state.disputes, dispute), disputed_ever=True)
    return _case(state, disputed=True)


def _dispute_resolved(state: Account, event: e.DisputeResolved) -> Account:
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


def _applied(state: Account, event: e.ApplicationMade) -> Account:
    application = Application(
        application_id=event.application_id,
        for_=event.for_,
        made_on=event.on,
        by_code=event.by_code,
        amount=event.amount,
        until=event.until,
    )
    return replace(state, applications=(*state.applications, application))


def _application_decided(state: Account, event: e.ApplicationDecided) -> Account:
    left = tuple(a for a in state.applications if a.application_id != event.application_id)
    return replace(state, applications=left)


def _deferred(state: Account, event: e.ItemDeferred) -> Account:
    items = {
        key: replace(item, due_on=event.until) if key in event.item_ids else item
        for key, item in state.items.items()
    }
    return replace(state, items=items)


def _held(state: Account, event: e.HoldPlaced) -> Account:
    return replace(state, hold=event.hold_id)


def _released(state: Account, event: e.HoldReleased) -> Account:
    return replace(state, hold=None)


def _scheduled(state: Account, event: e.WakeScheduled) -> Account:
    return replace(state, wake=event.at, turn_on=event.turn_on)


# ---- the creditor


def _configured(state: Creditor, event: e.CreditorConfigured) -> Creditor:
    return replace(
        state,
        name=event.name,
        zone=event.zone,
        currency=event.currency,
        languages=event.languages,
        policy=event.policy_ref,
        terms=event.terms,
    )


def _creditor_task(state: Creditor, event: e.TaskRequested) -> Creditor:
    return replace(state, tasks=(*state.tasks, _open_task(event)))


def _creditor_task_done(state: Creditor, event: e.TaskCompleted) -> Creditor:
    return replace(state, tasks=_except_task(state.tasks, event.task_id))


def _creditor_scheduled(state: Creditor, event: e.WakeScheduled) -> Creditor:
    return replace(state, wake=event.at, turn_on=event.turn_on)


_ACCOUNT: dict[type, Callable[[Account, Any], Account]] = {
    e.ItemsUpdated: _items_updated,
    e.PaymentRecorded: _payment_recorded,
    e.PaymentReversed: _payment_reversed,
    e.AccountUpdated: _account_updated,
    e.AccountErased: _account_erased,
    e.ObservationRecorded: _observed,
    e.ReplyRecorded: _replied,
    e.LegalProgressRecorded: _progressed,
    e.CaseOpened: _opened,
    e.CasePaused: _paused,
    e.CaseResumed: _resumed,
    e.CaseClosed: _closed,
    e.StepTaken: _step_taken,
    e.StepDropped: _step_dropped,
    e.StepGranted: _step_granted,
    e.ContactDelayed: _delayed,
    e.Reacted: _reacted,
    e.NoticeRequested: _notice_requested,
    e.TaskRequested: _task_requested,
    e.TaskCompleted: _task_completed,
    e.TaskWithdrawn: _task_withdrawn,
    e.RestrictionRequested: _restricted,
    e.RestorationRequested: _restored,
    e.ReferralMade: _referred,
    e.ApprovalRequested: _approval_requested,
    e.ApprovalDecided: _approval_decided,
    e.ApprovalLapsed: _approval_gone,
    e.Classified: _classified,
    e.ClassifiedAhead: _classified_ahead,
    e.PromiseMade: _promised,
    e.PromiseKept: _promise_over,
    e.PromiseBroken: _promise_over,
    e.PromiseLapsed: _promise_over,
    e.PlanAgreed: _plan_agreed,
    e.PlanBroken: _plan_over,
    e.PlanCompleted: _plan_over,
    e.DisputeOpened: _dispute_opened,
    e.DisputeResolved: _dispute_resolved,
    e.ApplicationMade: _applied,
    e.ApplicationDecided: _application_decided,
    e.ItemDeferred: _deferred,
    e.HoldPlaced: _held,
    e.HoldReleased: _released,
    e.WakeScheduled: _scheduled,
}

_CREDITOR: dict[type, Callable[[Creditor, Any], Creditor]] = {
    e.CreditorConfigured: _configured,
    e.TaskRequested: _creditor_task,
    e.TaskCompleted: _creditor_task_done,
    e.WakeScheduled: _creditor_scheduled,
}
