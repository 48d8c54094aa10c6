"""How effects change the account: contacts, tasks, restrictions, approvals."""

from datetime import date, timedelta
from typing import Any

from msgspec.structs import replace

from services.dunning.domain import events as e
from services.dunning.domain.evolve_case import with_case
from services.dunning.domain.state import Account, Case, NoticeAsked
from services.dunning.domain.values import Approval, OpenTask, ReportedTask, Restriction
from services.dunning.policy.vocabulary import CONTACT_TASKS

UNREACHABLE = "unreachable"
_CONTACT_MEMORY = timedelta(days=400)
_DEMANDS_REMEMBERED_MAX = 32
_ASKED_REMEMBERED_MAX = 64
_NOT_SENT = ("failed", "suppressed")
_ARRIVED = ("delivered", "signed")


def _contacted(case: Case, on: date, contact: str | None) -> dict[str, Any]:
    return {
        "contacts": (*(d for d in case.contacts if d > on - _CONTACT_MEMORY), on),
        "waiting": tuple(w for w in case.waiting if w.contact != contact),
    }


def notice_requested(state: Account, event: e.NoticeRequested) -> Account:
    state = replace(state, notices={**state.notices, event.channel: event.notice_id})
    if event.interrupts:
        ids = tuple(item.item_id for item in event.variables.items)
        latest = dict([*state.demands.items(), (event.notice_id, ids)][-_DEMANDS_REMEMBERED_MAX:])
        state = replace(state, demands=latest)
    if not state.case:
        return state
    asked = NoticeAsked(purpose=event.purpose, on=event.on, step=event.step, follows=event.follows)
    kept = [*state.case.asked.items(), (event.notice_id, asked)][-_ASKED_REMEMBERED_MAX:]
    return with_case(state, asked=dict(kept), **_contacted(state.case, event.on, event.contact))


def notice_reported(state: Account, event: e.DeliveryRecorded) -> Account:
    """A notice that failed before it went out, or was suppressed, was never sent; suppressed it is
    no contact either.
    """
    case = state.case
    if case is None or event.notice_id is None:
        return state
    asked = case.asked.get(event.notice_id)
    if asked is None:
        return _reported_of_old(state, case, event)
    fate = event.reason or event.result if event.result == "suppressed" else event.result
    changes: dict[str, Any] = {
        "asked": {**case.asked, event.notice_id: replace(asked, fate=fate)},
    }
    if event.result == "suppressed" and not asked.fate:
        changes["contacts"] = _without_one(case.contacts, asked.on)
    if event.result not in _NOT_SENT:
        changes["sent"] = _with(case.sent, asked.purpose)
    if event.result in _ARRIVED:
        changes["delivered"] = _with(case.delivered, asked.purpose)
    return with_case(state, **changes)


def _reported_of_old(state: Account, case: Case, event: e.DeliveryRecorded) -> Account:
    in_hand = dict(case.in_hand)
    purpose = in_hand.pop(event.notice_id or "", None)
    if purpose is None:
        return state
    sent = case.sent if event.result in _NOT_SENT else _with(case.sent, purpose)
    return with_case(state, in_hand=in_hand, sent=sent)


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if name in names else (*names, name)


def _without_one(days: tuple[date, ...], day: date) -> tuple[date, ...]:
    if day not in days:
        return days
    place = days.index(day)
    return (*days[:place], *days[place + 1 :])


def alert_raised(state: Account, event: e.AlertRaised) -> Account:
    return with_case(state, unreachable=True) if event.kind == UNREACHABLE else state


def open_task(event: e.TaskRequested) -> OpenTask:
    return OpenTask(
        task_id=event.task_id,
        kind=event.kind,
        owner=event.owner,
        requested_on=event.on,
        case_id=event.case_id,
        step=event.step,
    )


def task_requested(state: Account, event: e.TaskRequested) -> Account:
    state = replace(state, tasks=(*state.tasks, open_task(event)))
    if not state.case or event.kind not in CONTACT_TASKS:
        return state
    calls = (*(d for d in state.case.calls if d >= event.on), event.on)
    return with_case(state, calls=calls, **_contacted(state.case, event.on, event.contact))


def task_completed(state: Account, event: e.TaskCompleted) -> Account:
    done = next((task for task in state.tasks if task.task_id == event.task_id), None)
    state = replace(state, tasks=except_task(state.tasks, event.task_id))
    if not state.case:
        return state
    results = {
        **state.case.results,
        event.kind: event.at,
        f"{event.kind}:{event.result}": event.at,
    }
    completed = dict(state.case.completed)
    for key in (event.kind, f"{event.kind}:{event.result}")[0 if done else 1 :]:
        completed[key] = completed.get(key, 0) + 1
    reported = dict(state.case.reported)
    if task := done or reported.get(event.kind):
        reported[event.kind] = ReportedTask(
            task_id=event.task_id,
            kind=event.kind,
            owner=task.owner,
            result=event.result,
            case_id=event.case_id,
        )
    return with_case(state, results=results, completed=completed, reported=reported)


def task_withdrawn(state: Account, event: e.TaskWithdrawn) -> Account:
    return replace(state, tasks=except_task(state.tasks, event.task_id))


def except_task(tasks: tuple[OpenTask, ...], task_id: str) -> tuple[OpenTask, ...]:
    return tuple(task for task in tasks if task.task_id != task_id)


def restricted(state: Account, event: e.RestrictionRequested) -> Account:
    new = Restriction(service=event.service, since=event.on, case_id=event.case_id)
    return replace(state, restrictions=(*state.restrictions, new))


def restored(state: Account, event: e.RestorationRequested) -> Account:
    left = tuple(r for r in state.restrictions if r.service != event.service)
    return replace(state, restrictions=left)


def referred(state: Account, event: e.ReferralMade) -> Account:
    case = state.case
    if case is None:
        return state
    since = case.referred_on if case.referred else event.on
    return with_case(state, referred=(*case.referred, event.to), referred_on=since)


def approval_requested(state: Account, event: e.ApprovalRequested) -> Account:
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
    return with_case(state, asking=event.step) if event.holds_steps else state


def approval_decided(state: Account, event: e.ApprovalDecided) -> Account:
    decided = next((a for a in state.approvals if a.approval_id == event.approval_id), None)
    state = approval_gone(state, event)
    if decided is None or state.case is None:
        return state
    if event.at is not None:
        key = f"approval {event.for_}:{event.outcome}"
        state = with_case(state, results={**state.case.results, key: event.at})
    if decided.holds_steps:
        state = with_case(state, asking=None)
    if not decided.is_step:
        return state
    granted = replace(decided, amount=event.amount) if event.outcome == "approved" else None
    return with_case(state, granted=granted)


def approval_gone(state: Account, event: e.ApprovalDecided | e.ApprovalLapsed) -> Account:
    left = tuple(a for a in state.approvals if a.approval_id != event.approval_id)
    return replace(state, approvals=left)


def classified(state: Account, event: e.Classified) -> Account:
    return with_case(state, classified=event.as_)


def classified_ahead(state: Account, event: e.ClassifiedAhead) -> Account:
    return replace(state, classified_ahead=event.as_)
