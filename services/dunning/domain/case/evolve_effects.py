"""How what a case brings about changes it: tasks, restrictions, approvals, classes."""

from msgspec.structs import replace

from services.dunning.domain.account import Account, Change, unchanged, with_case
from services.dunning.domain.case.events import (
    AlertRaised,
    ApprovalDecided,
    ApprovalLapsed,
    ApprovalRequested,
    Classified,
    ClassifiedAhead,
    LegalRequested,
    ReferralMade,
    RestorationRequested,
    RestrictionConfirmed,
    RestrictionRequested,
    TaskCompleted,
    TaskRequested,
    TaskWithdrawn,
)
from services.dunning.domain.case.state import (
    Approval,
    Case,
    OpenTask,
    ReportedTask,
    Restriction,
    ResultTold,
    TasksDone,
)

UNREACHABLE = "unreachable"


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
    completed = next((task for task in state.tasks if task.task_id == event.task_id), None)
    state = replace(state, tasks=except_task(state.tasks, event.task_id))
    if not state.case:
        return state
    is_first = completed is not None
    done = {**state.case.done, event.kind: _done(state.case, event, is_first=is_first)}
    reported = dict(state.case.reported)
    if task := completed or reported.get(event.kind):
        reported[event.kind] = ReportedTask(
            task_id=event.task_id,
            kind=event.kind,
            owner=task.owner,
            result=event.result,
            case_id=event.case_id,
        )
    return with_case(state, done=done, reported=reported)


def _done(case: Case, event: TaskCompleted, *, is_first: bool) -> TasksDone:
    """What became of the tasks of the kind, this one included; a result told of a task that was
    completed before (not `is_first`) is one more result, but no further task.
    """
    known = case.done.get(event.kind, TasksDone(at=event.at))
    results = known.results
    if event.result is not None:
        times = results[event.result].times + 1 if event.result in results else 1
        results = {**results, event.result: ResultTold(at=event.at, times=times)}
    return TasksDone(at=event.at, times=known.times + is_first, results=results)


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
        outcomes = {**state.case.decided.get(event.for_, {}), event.outcome: event.at}
        state = with_case(state, decided={**state.case.decided, event.for_: outcomes})
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
    RestrictionConfirmed: unchanged,
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
}
