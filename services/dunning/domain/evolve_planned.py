"""How planned actions and late decisions change the account."""

from datetime import timedelta

from msgspec.structs import replace

from services.dunning.domain import events as e
from services.dunning.domain.evolve_case import with_case
from services.dunning.domain.state import Account
from services.dunning.domain.values import Planned


def action_planned(state: Account, event: e.ActionPlanned) -> Account:
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


def action_reached(state: Account, event: e.ActionReached) -> Account:
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


def decision_late(state: Account, event: e.DecisionFoundLate) -> Account:
    applications = tuple(
        replace(a, late=True) if a.application_id == event.application_id else a
        for a in state.applications
    )
    return replace(state, applications=applications)
