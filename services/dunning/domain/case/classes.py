"""Classes that a pack gives a case."""

from services.dunning.domain.case.conditions import holds
from services.dunning.domain.case.events import Classified, ClassifiedAhead
from services.dunning.domain.case.grading import grade_on
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.actions import Classify, GradeCase


def classify(rec: Recorder, action: Classify, cause: Cause) -> None:
    """Give the class of the first case that fits, else the plain one; without a case it is kept for
    the next.
    """
    wanted = action.as_
    for case in action.first_of:
        if holds(case.if_, rec.state, rec.today):
            wanted = case.as_
            break
    if wanted is not None:
        event = Classified if rec.state.case else ClassifiedAhead
        rec.effect(event(as_=wanted), cause)


def grade(rec: Recorder, action: GradeCase, cause: Cause) -> None:
    """Give the grade that fits today."""
    wanted = grade_on(rec.state, rec.pack, rec.today)
    if wanted is not None and rec.state.case is not None:
        rec.effect(Classified(as_=wanted), cause)
