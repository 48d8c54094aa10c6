"""How the case changes: opening, steps, pauses."""

from typing import Any

from msgspec.structs import replace

from services.dunning.domain import events as e
from services.dunning.domain.state import Account, Case, WaitingContact


def with_case(state: Account, **changes: Any) -> Account:
    """The account with fields of its running case changed; as it was without one."""
    return replace(state, case=replace(state.case, **changes)) if state.case else state


def opened(state: Account, event: e.CaseOpened) -> Account:
    case = Case(
        case_id=event.case_id or "",
        policy=event.policy_ref,
        opened_on=event.opened_on,
        first_step_on=event.first_step_on,
        disputed=bool(state.disputes),
    )
    return replace(state, case=case, cases=state.cases + 1, classified_ahead=None)


def policy_changed(state: Account, event: e.CasePolicyChanged) -> Account:
    return with_case(state, policy=event.after)


def paused(state: Account, event: e.CasePaused) -> Account:
    return with_case(state, paused=event.reasons)


def resumed(state: Account, event: e.CaseResumed) -> Account:
    return with_case(state, paused=())


def closed(state: Account, event: e.CaseClosed) -> Account:
    planned = tuple(p for p in state.planned if p.case_id != event.case_id)
    return replace(
        state,
        case=None,
        last_case_id=event.case_id,
        last_overdue_on=event.last_overdue_on or event.closed_on,
        planned=planned,
    )


def overdue_ended(state: Account, event: e.OverdueEnded) -> Account:
    return replace(state, last_overdue_on=event.on)


def step_taken(state: Account, event: e.StepTaken) -> Account:
    if not state.case or event.step is None:
        return state
    return with_case(
        state,
        taken={**state.case.taken, event.step: event.on},
        last_step_on=event.on,
        base_on=state.case.base_on if event.asks else event.on,
    )


def step_dropped(state: Account, event: e.StepDropped) -> Account:
    if not state.case or event.step is None:
        return state
    taken = {k: v for k, v in state.case.taken.items() if k != event.step}
    return with_case(state, taken=taken, dropped=(*state.case.dropped, event.step))


def step_granted(state: Account, event: e.StepGranted) -> Account:
    if not state.case or event.step is None:
        return state
    taken = {**state.case.taken, event.step: event.on} if event.step in state.case.taken else None
    return with_case(state, granted=None, base_on=event.on, taken=taken or state.case.taken)


def delayed(state: Account, event: e.ContactDelayed) -> Account:
    if not state.case:
        return state
    waiting = WaitingContact(
        contact=event.contact,
        path=event.path,
        step=event.step or "",
        reason=event.reason,
        channel=event.channel,
        follows=event.follows,
    )
    return with_case(state, waiting=(*state.case.waiting, waiting))


def reacted(state: Account, event: e.Reacted) -> Account:
    return replace(state, reacted={**state.reacted, event.step or "": event.on})
