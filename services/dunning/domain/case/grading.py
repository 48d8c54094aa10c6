"""How hard a debt is to collect, by the age of its oldest overdue item or for want of contact."""

from collections.abc import Iterator
from datetime import date, timedelta

from services.dunning.domain.account import Account
from services.dunning.domain.money.owing import overdue
from services.dunning.domain.recorder import Due, Recorder, View
from services.dunning.policy.model import Pack
from services.dunning.policy.recovery import Grade
from services.dunning.reasons import ahead as a


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


def agenda(view: View, floor: date) -> Iterator[Due]:
    """The days on which a graded case reaches another age; its grade follows by itself when the
    case is brought in line with what is owed.
    """
    items = overdue(view.state, view.today) if is_graded(view.state, view.pack) else []
    for grade in view.pack.grading:
        if items and grade.below_days is not None:
            on = items[0].due_on + timedelta(days=grade.below_days)
            if on > view.today or (on == view.today and _is_behind(view)):
                why = a.AgeReached(grade.below_days)
                yield Due(view.steps_at(max(on, floor)), a.Routine.GRADE, why, Recorder.reassess)


def _is_behind(view: View) -> bool:
    """Whether the case still has the grade of the day before; it waits while an update goes on."""
    fitting = grade_on(view.state, view.pack, view.today)
    now = view.state.case.classified if view.state.case else None
    return not view.state.updating and fitting not in (None, now)


def _fits(grade: Grade, state: Account, age: int) -> bool:
    if grade.no_contact and state.reachable:
        return False
    if grade.observed and not any(name in state.observed for name in grade.observed):
        return False
    return grade.below_days is None or age < grade.below_days
