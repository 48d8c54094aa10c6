"""How the case changes: opening, steps, pauses, what is planned."""

from datetime import timedelta

from msgspec.structs import replace

from services.dunning.domain.account import Account, Change, unchanged, with_case
from services.dunning.domain.case import evolve_effects
from services.dunning.domain.case.events import (
    ActionPlanned,
    ActionReached,
    CalendarRun,
    CaseClosed,
    CaseOpened,
    CasePaused,
    CasePolicyChanged,
    CaseResumed,
    HoldPlaced,
    HoldReleased,
    LegalProgressRecorded,
    ObservationRecorded,
    OverdueEnded,
    Reacted,
    RetentionEnded,
    StepDropped,
    StepGranted,
    StepTaken,
    WakeScheduled,
)
from services.dunning.domain.case.state import Case, Judgment, Planned
from services.dunning.domain.event import told_again
from services.dunning.domain.money.events import ItemsUpdated
from services.dunning.domain.money.owing import past_due


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
    if not event.ground:
        return replace(state, hold=event.hold_id, is_over=False)
    return replace(state, right_hold=event.hold_id, hold_ground=event.ground, is_over=False)


def released(state: Account, event: HoldReleased) -> Account:
    if event.hold_id == state.right_hold:
        return replace(state, right_hold=None, hold_ground="")
    return replace(state, hold=None)


def in_use(state: Account, _event: ItemsUpdated) -> Account:
    return replace(state, is_over=False) if state.is_over else state


def retention_ended(state: Account, event: RetentionEnded) -> Account:
    return replace(state, is_over=True)


def scheduled(state: Account, event: WakeScheduled) -> Account:
    return replace(state, wake=event.at, turn_on=event.turn_on, put_off=event.put_off)


def action_planned(state: Account, event: ActionPlanned) -> Account:
    new = Planned(
        planned_id=event.planned_id,
        step=event.step or "",
        path=event.path,
        reason=told_again(event),
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


CHANGES: dict[type, Change] = {
    **evolve_effects.CHANGES,
    ObservationRecorded: observed,
    LegalProgressRecorded: progressed,
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
    CalendarRun: unchanged,
    HoldPlaced: held,
    HoldReleased: released,
    RetentionEnded: retention_ended,
    ItemsUpdated: in_use,
    WakeScheduled: scheduled,
}
