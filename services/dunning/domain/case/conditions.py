"""Whether a pack's condition holds for an account now."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any, TypeVar

from services.dunning.domain.account import Account
from services.dunning.domain.money.owing import covers, overdue, overdue_principal
from services.dunning.policy import conditions as c
from services.dunning.policy.actions import Action, Approval, Legal, Refer, Restrict
from services.dunning.policy.conditions import AllOf, AnyOf, Condition, Not, Single
from services.dunning.policy.parts import Keyed


def holds(condition: Condition | None, state: Account, day: date) -> bool:
    """Answer whether a condition is met; no condition always is."""
    match condition:
        case None:
            return True
        case AllOf(all=parts):
            return all(holds(part, state, day) for part in parts)
        case AnyOf(any=parts):
            return any(holds(part, state, day) for part in parts)
        case Not(not_=part):
            return not holds(part, state, day)
        case _:
            return CHECKS[type(condition)](condition, state, day)


def _replied(asked: c.Replied, state: Account, day: date) -> bool:
    return bool(state.case and state.case.replied) == asked.replied


def _disputed(asked: c.Disputed, state: Account, day: date) -> bool:
    case = state.case
    raised = case.disputed if case else bool(state.disputes)
    about = {item.item_id for item in overdue(state, day)} if case else set()
    return (raised or not about.isdisjoint(state.contested)) == asked.disputed


def _disputed_ever(asked: c.DisputedEver, state: Account, day: date) -> bool:
    return state.disputed_ever == asked.disputed_ever


def _notice_sent(asked: c.NoticeSent, state: Account, day: date) -> bool:
    return state.case is not None and asked.notice_sent in state.case.sent


def _notice_delivered(asked: c.NoticeDelivered, state: Account, day: date) -> bool:
    return state.case is not None and asked.notice_delivered in state.case.delivered


def _attribute(asked: c.Attribute, state: Account, day: date) -> bool:
    return asked.attribute in state.attributes


def _classified(asked: c.Classified, state: Account, day: date) -> bool:
    now = state.case.classified if state.case else state.classified_ahead
    return now in asked.classified


def _observed(asked: c.Observed, state: Account, day: date) -> bool:
    return any(name in state.observed for name in asked.observed)


def _observed_in_case(asked: c.ObservedInCase, state: Account, day: date) -> bool:
    since, seen = state.case.opened_on if state.case else day, state.observed
    return any(seen[name] >= since for name in asked.observed_in_case if name in seen)


def _restricted(asked: c.Restricted, state: Account, day: date) -> bool:
    return any(r.service in asked.restricted for r in state.restrictions)


def _referred(asked: c.Referred, state: Account, day: date) -> bool:
    return state.case is not None and any(name in state.case.referred for name in asked.referred)


def _asked(asked: c.Asked, state: Account, day: date) -> bool:
    return any(approval.for_ == asked.asked for approval in state.approvals)


def _overdue(asked: c.Overdue, state: Account, day: date) -> bool:
    return bool(overdue(state, day)) == asked.overdue


def _overdue_at_least(asked: c.OverdueAtLeast, state: Account, day: date) -> bool:
    return overdue_principal(state, day) >= asked.overdue_at_least


def _overdue_within_days(asked: c.OverdueWithinDays, state: Account, day: date) -> bool:
    last = day if overdue(state, day) else state.last_overdue_on
    return last is not None and last >= day - timedelta(days=asked.overdue_within_days)


S = TypeVar("S", bound=Single)
_Check = Callable[[Any, Account, date], bool]


def _of(kind: type[S], check: Callable[[S, Account, date], bool]) -> tuple[type[Keyed], _Check]:
    """One line of the table; the type checker holds the check to its condition."""
    return kind, check


CHECKS: dict[type[Keyed], _Check] = dict(
    (
        _of(c.Replied, _replied),
        _of(c.Disputed, _disputed),
        _of(c.DisputedEver, _disputed_ever),
        _of(c.NoticeSent, _notice_sent),
        _of(c.NoticeDelivered, _notice_delivered),
        _of(c.Attribute, _attribute),
        _of(c.Classified, _classified),
        _of(c.Observed, _observed),
        _of(c.ObservedInCase, _observed_in_case),
        _of(c.Restricted, _restricted),
        _of(c.Referred, _referred),
        _of(c.Asked, _asked),
        _of(c.Overdue, _overdue),
        _of(c.OverdueAtLeast, _overdue_at_least),
        _of(c.OverdueWithinDays, _overdue_within_days),
    )
)


# ---- money that waits holds an action back

HELD_BY_MONEY = (Restrict, Refer, Legal)
"""What no step does while the waiting money covers what is overdue."""


def is_held(state: Account, actions: Iterable[Action], day: date) -> bool:
    """Whether actions have to wait: one restricts, refers or goes to court, and the money that
    waits covers all that is overdue.
    """
    return bool(state.waiting) and _is_severe(actions, state, day) and covers(state, day)


def _is_severe(actions: Iterable[Action], state: Account, day: date) -> bool:
    return any(
        holds(action.if_, state, day)
        and (
            isinstance(action, HELD_BY_MONEY)
            or (isinstance(action, Approval) and _is_severe(action.then, state, day))
        )
        for action in actions
    )
