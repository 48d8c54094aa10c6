"""How the case changes, and what hangs on it."""

from datetime import timedelta

from msgspec.structs import replace

from services.dunning.domain.account import Account, Change, unchanged, with_case
from services.dunning.domain.case.events import (
    ActionPlanned,
    ActionReached,
    AlertRaised,
    ApprovalDecided,
    ApprovalLapsed,
    ApprovalRequested,
    CalendarRun,
    CaseClosed,
    CaseOpened,
    CasePaused,
    CasePolicyChanged,
    CaseResumed,
    Classified,
    ClassifiedAhead,
    HoldPlaced,
    HoldReleased,
    LegalProgressRecorded,
    LegalRequested,
    ObservationRecorded,
    OverdueEnded,
    Reacted,
    ReferralMade,
    RestorationRequested,
    RestrictionConfirmed,
    RestrictionRequested,
    StepDropped,
    StepGranted,
    StepTaken,
    TaskCompleted,
    TaskRequested,
    TaskWithdrawn,
    WakeScheduled,
)
from services.dunning.domain.case.state import (
    Approval,
    Case,
    Judgment,
    OpenTask,
    Planned,
    ReportedTask,
    Restriction,
)
from services.dunning.domain.money.owing import past_due

UNREACHABLE = "unreachable"


def opened(state: Account, event: CaseOpened) -> Account:
    case = Case(
        case_id=event.case_id or "",
        policy=event.policy_ref,
        opened_on=event.opened_on,
        first_step_on=event.first_step_on,
        disputed=bool(state.disputes),
    )
    return replace(state, case=case, cases=state.cases + 1, classified_ahead=None)


def policy_changed(state: Account, event: CasePolicyChanged) -> Account:
    return with_case(state, policy=event.after)


def paused(state: Account, event: CasePaused) -> Account:
    return with_case(state, paused=event.reasons)


def resumed(state: Account, event: CaseResumed) -> Account:
    return with_case(state, paused=())


def closed(state: Account, event: CaseClosed) -> Account:
    planned = tuple(p for p in state.planned if p.case_id != event.case_id)
    return replace(
        state,
        case=None,
        last_case_id=event.case_id,
        last_overdue_on=event.last_overdue_on or event.closed_on,
        planned=planned,
    )


def overdue_ended(state: Account, event: OverdueEnded) -> Account:
    return replace(state, last_overdue_on=event.on)


def step_taken(state: Account, event: StepTaken) -> Account:
    if not state.case or event.step is None:
        return state
    return with_case(
        state,
        taken={**state.case.taken, event.step: event.on},
        last_step_on=event.on,
        base_on=state.case.base_on if event.asks else event.on,
    )


def step_dropped(state: Account, event: StepDropped) -> Account:
    if not state.case or event.step is None:
        return state
    taken = {k: v for k, v in state.case.taken.items() if k != event.step}
    return with_case(state, taken=taken, dropped=(*state.case.dropped, event.step))


def step_granted(state: Account, event: StepGranted) -> Account:
    if not state.case or event.step is None:
        return state
    taken = {**state.case.taken, event.step: event.on} if event.step in state.case.taken else None
    return with_case(state, granted=None, base_on=event.on, taken=taken or state.case.taken)


def reacted(state: Account, event: Reacted) -> Account:
    return replace(state, reacted={**state.reacted, event.step or "": event.on})


def held(state: Account, event: HoldPlaced) -> Account:
    return replace(state, hold=event.hold_id)


def released(state: Account, event: HoldReleased) -> Account:
    return replace(state, hold=None)


def scheduled(state: Account, event: WakeScheduled) -> Account:
    return replace(state, wake=event.at, turn_on=event.turn_on, put_off=event.put_off)


def action_planned(state: Account, event: ActionPlanned) -> Account:
    new = Planned(
        planned_id=event.planned_id,
        step=event.step or "",
        path=event.path,
        reason=event.reason.partition(";")[0],
        on=event.on,
        every_days=event.every_days,
        left=event.left,
        case_id=event.case_id,
    )
    return replace(state, planned=(*state.planned, new))


def action_reached(state: Account, event: ActionReached) -> Account:
    """Planned again for its next time, from the day it was planned for; gone after the last."""
    left: list[Planned] = []
    for planned in state.planned:
        if planned.planned_id != event.planned_id:
            left.append(planned)
        elif planned.left is None or planned.left > 1:
            on = max(planned.on, event.on) + timedelta(days=max(1, planned.every_days))
            times = None if planned.left is None else planned.left - 1
            left.append(replace(planned, on=on, left=times))
    state = replace(state, planned=tuple(left))
    if not state.case or event.step is None:
        return state
    return with_case(state, repeated={**state.case.repeated, event.step: event.on})


def observed(state: Account, event: ObservationRecorded) -> Account:
    return replace(state, observed={**state.observed, event.kind: event.on})


def progressed(state: Account, event: LegalProgressRecorded) -> Account:
    if not state.case:
        return state
    state = with_case(state, progress={**state.case.progress, event.progress: event.on})
    if event.progress != "judgment":
        return state
    judged = {item.item_id: item.principal for item in past_due(state, event.on)}
    return with_case(state, judgment=Judgment(amount=event.amount, items=judged))


def alert_raised(state: Account, event: AlertRaised) -> Account:
    return with_case(state, unreachable=True) if event.kind == UNREACHABLE else state


def open_task(event: TaskRequested) -> OpenTask:
    return OpenTask(
        task_id=event.task_id,
        kind=event.kind,
        owner=event.owner,
        requested_on=event.on,
        case_id=event.case_id,
        step=event.step,
    )


def task_requested(state: Account, event: TaskRequested) -> Account:
    return replace(state, tasks=(*state.tasks, open_task(event)))


def task_completed(state: Account, event: TaskCompleted) -> Account:
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


def task_withdrawn(state: Account, event: TaskWithdrawn) -> Account:
    return replace(state, tasks=except_task(state.tasks, event.task_id))


def except_task(tasks: tuple[OpenTask, ...], task_id: str) -> tuple[OpenTask, ...]:
    return tuple(task for task in tasks if task.task_id != task_id)


def restricted(state: Account, event: RestrictionRequested) -> Account:
    new = Restriction(service=event.service, since=event.on, case_id=event.case_id)
    return replace(state, restrictions=(*state.restrictions, new))


def restored(state: Account, event: RestorationRequested) -> Account:
    left = tuple(r for r in state.restrictions if r.service != event.service)
    return replace(state, restrictions=left)


def referred(state: Account, event: ReferralMade) -> Account:
    case = state.case
    if case is None:
        return state
    since = case.referred_on if case.referred else event.on
    return with_case(state, referred=(*case.referred, event.to), referred_on=since)


def approval_requested(state: Account, event: ApprovalRequested) -> Account:
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


def approval_decided(state: Account, event: ApprovalDecided) -> Account:
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


def approval_gone(state: Account, event: ApprovalDecided | ApprovalLapsed) -> Account:
    left = tuple(a for a in state.approvals if a.approval_id != event.approval_id)
    return replace(state, approvals=left)


def classified(state: Account, event: Classified) -> Account:
    return with_case(state, classified=event.as_)


def classified_ahead(state: Account, event: ClassifiedAhead) -> Account:
    return replace(state, classified_ahead=event.as_)


CHANGES: dict[type, Change] = {
    ObservationRecorded: observed,
    LegalProgressRecorded: progressed,
    RestrictionConfirmed: unchanged,
    CaseOpened: opened,
    CasePaused: paused,
    CaseResumed: resumed,
    CaseClosed: closed,
    OverdueEnded: overdue_ended,
    CasePolicyChanged: policy_changed,
    StepTaken: step_taken,
    StepDropped: step_dropped,
    StepGranted: step_granted,
    ActionPlanned: action_planned,
    ActionReached: action_reached,
    Reacted: reacted,
    AlertRaised: alert_raised,
    TaskRequested: task_requested,
    TaskCompleted: task_completed,
    TaskWithdrawn: task_withdrawn,
    RestrictionRequested: restricted,
    RestorationRequested: restored,
    ReferralMade: referred,
    LegalRequested: unchanged,
    ApprovalRequested: approval_requested,
    ApprovalDecided: approval_decided,
    ApprovalLapsed: approval_gone,
    Classified: classified,
    ClassifiedAhead: classified_ahead,
    CalendarRun: unchanged,
    HoldPlaced: held,
    HoldReleased: released,
    WakeScheduled: scheduled,
}
