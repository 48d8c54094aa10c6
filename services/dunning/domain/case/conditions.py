"""Whether a pack's condition holds for an account now."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from services.dunning.domain.account import Account
from services.dunning.domain.money.owing import overdue, overdue_principal
from services.dunning.policy.conditions import Condition


def holds(condition: Condition | None, state: Account, day: date) -> bool:
    """Answer whether everything the condition names is so; no condition always holds."""
    if condition is None:
        return True
    return all(
        _CHECKS[name](state, getattr(condition, name), day)
        for name in sorted(condition.model_fields_set)
    )


def _replied(state: Account, wanted: bool, day: date) -> bool:
    return bool(state.case and state.case.replied) == wanted


def _disputed(state: Account, wanted: bool, day: date) -> bool:
    case = state.case
    raised = case.disputed if case else bool(state.disputes)
    about = {item.item_id for item in overdue(state, day)} if case else set()
    return (raised or not about.isdisjoint(state.contested)) == wanted


def _disputed_ever(state: Account, wanted: bool, day: date) -> bool:
    return state.disputed_ever == wanted


def _notice_sent(state: Account, purpose: str, day: date) -> bool:
    return state.case is not None and purpose in state.case.sent


def _notice_delivered(state: Account, purpose: str, day: date) -> bool:
    return state.case is not None and purpose in state.case.delivered


def _attribute(state: Account, name: str, day: date) -> bool:
    return name in state.attributes


def _class(state: Account) -> str | None:
    return state.case.classified if state.case else state.classified_ahead


def _classified(state: Account, names: tuple[str, ...], day: date) -> bool:
    return _class(state) in names


def _not_classified(state: Account, names: tuple[str, ...], day: date) -> bool:
    return _class(state) not in names


def _observed(state: Account, names: tuple[str, ...], day: date) -> bool:
    return any(name in state.observed for name in names)


def _observed_all(state: Account, names: tuple[str, ...], day: date) -> bool:
    return all(name in state.observed for name in names)


def _not_asked(state: Account, name: str, day: date) -> bool:
    return all(approval.for_ != name for approval in state.approvals)


def _not_observed(state: Account, names: tuple[str, ...], day: date) -> bool:
    return not _observed(state, names, day)


def _not_observed_in_case(state: Account, names: tuple[str, ...], day: date) -> bool:
    since = state.case.opened_on if state.case else day
    return not any(state.observed[name] >= since for name in names if name in state.observed)


def _restricted(state: Account, names: tuple[str, ...], day: date) -> bool:
    return any(r.service in names for r in state.restrictions)


def _referred(state: Account, names: tuple[str, ...], day: date) -> bool:
    return state.case is not None and any(name in state.case.referred for name in names)


def _overdue(state: Account, wanted: bool, day: date) -> bool:
    return bool(overdue(state, day)) == wanted


def _overdue_at_least(state: Account, amount: int, day: date) -> bool:
    return overdue_principal(state, day) >= amount


def _overdue_within_days(state: Account, days: int, day: date) -> bool:
    last = day if overdue(state, day) else state.last_overdue_on
    return last is not None and last >= day - timedelta(days=days)


_CHECKS: dict[str, Callable[[Account, Any, date], bool]] = {
    "replied": _replied,
    "disputed": _disputed,
    "disputed_ever": _disputed_ever,
    "notice_sent": _notice_sent,
    "notice_delivered": _notice_delivered,
    "attribute": _attribute,
    "classified": _classified,
    "not_classified": _not_classified,
    "observed": _observed,
    "observed_all": _observed_all,
    "not_asked": _not_asked,
    "not_observed": _not_observed,
    "not_observed_in_case": _not_observed_in_case,
    "restricted": _restricted,
    "referred": _referred,
    "overdue": _overdue,
    "overdue_at_least": _overdue_at_least,
    "overdue_within_days": _overdue_within_days,
}
