"""How hard a debt is to collect, by the age of its oldest overdue item or for want of contact."""

from collections.abc import Iterator
from datetime import date, timedelta

from services.dunning.domain.account import Account
from services.dunning.domain.money.owing import overdue
from services.dunning.policy.model import Pack
from services.dunning.policy.recovery import Grade


def grade_on(state: Account, pack: Pack, day: date) -> str | None:
    """The first grade that fits on a day; None while nothing is overdue, so that the last one
    stays.
    """
    items = overdue(state, day)
    if not items:
        return None
    age = (day - items[0].due_on).days
    return next((grade.as_ for grade in pack.grading if _fits(grade, state, age)), None)


def is_graded(state: Account, pack: Pack) -> bool:
    """Whether the running case has one of the pack's grades."""
    case = state.case
    return case is not None and case.classified in {grade.as_ for grade in pack.grading}


def grading_days(state: Account, pack: Pack, day: date) -> Iterator[date]:
    """The days to come on which a graded case reaches another age."""
    items = overdue(state, day) if pack.grading and is_graded(state, pack) else []
    for grade in pack.grading:
        if items and grade.below_days is not None:
            reached = items[0].due_on + timedelta(days=grade.below_days)
            if reached > day:
                yield reached


def _fits(grade: Grade, state: Account, age: int) -> bool:
    if grade.no_contact and state.reachable:
        return False
    if grade.observed and not any(name in state.observed for name in grade.observed):
        return False
    return grade.below_days is None or age < grade.below_days
