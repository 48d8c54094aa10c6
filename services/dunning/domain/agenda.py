"""What comes up by itself on an account, and what is then done.

Each subject says in its own file what is due when, why, and what it then does. The next wake-up is
the earliest of them, a day's run does what is due, the outlook shows what is ahead. A day on which
nothing is due is slept through.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from services.dunning.domain.agreements import applications, plans, promises
from services.dunning.domain.case import before_due, grading, monthly, pausing, planned, steps
from services.dunning.domain.case.events import WakeScheduled
from services.dunning.domain.contact import waiting
from services.dunning.domain.localtime import ONE_DAY
from services.dunning.domain.money import limitation
from services.dunning.domain.recorder import Due, Recorder, View

Agenda = Callable[[View, date], Iterator[Due]]
"""What is due from a day on, each at its next time."""

FIRST: tuple[Agenda, ...] = (promises.agenda, plans.agenda)
"""What ends a pause, or not, before the case is brought in line with what is owed."""
IN_LINE: tuple[Agenda, ...] = (pausing.agenda, grading.agenda)
"""What bringing the case in line does by itself."""
THEN: tuple[Agenda, ...] = (
    applications.agenda,
    waiting.agenda,
    limitation.agenda,
    planned.agenda,
    before_due.agenda,
    monthly.agenda,
    steps.agenda,
)
"""The rest of a day in its order (rules of all packs: pace, pause, calendar); one step comes last.
"""
_ALL = (*FIRST, *IN_LINE, *THEN)


def agenda(view: View, floor: date, *, but: Agenda | None = None) -> Iterator[Due]:
    """Everything that is due from a day on, `but` for one subject."""
    for subject in _ALL:
        if subject is not but:
            yield from subject(view, floor)


def first_day(view: View, turn_on: date | None) -> date:
    """The first day that can still be run, given the day that was run last."""
    is_run = turn_on == view.today
    if is_run or (view.state.put_off != view.today and view.now > view.step_time):
        return view.today + ONE_DAY
    return view.today


def run_day(rec: Recorder, due_on: date) -> None:
    """Do what is due today; `due_on` is the day the wake-up was for, earlier than today only when
    it came late.
    """
    for subject in FIRST:
        _run(rec, subject, due_on)
    rec.reassess()
    for subject in THEN:
        _run(rec, subject, due_on)


def run_between(rec: Recorder) -> None:
    """Do what does not wait for the step time: the case follows what is owed, contacts that waited
    go.
    """
    rec.reassess()
    _run(rec, waiting.agenda, rec.today)


def _run(rec: Recorder, subject: Agenda, floor: date) -> None:
    for due in tuple(subject(rec, floor)):
        if due.at is not None and due.at <= rec.now:
            due.run(rec)


def schedule(rec: Recorder, *, woken: bool, ran: bool) -> None:
    """Record the next wake-up if it changed; `ran` says that today was just run.

    A wake-up that is already due and has not come yet is kept: nothing that arrives just before it
    may put it off.
    """
    turn_on = rec.today if ran else rec.state.turn_on
    at = _next_wake(rec, turn_on)
    due = rec.state.wake
    if not woken and due is not None and due <= rec.now:
        at = due
    if woken or at != due:
        put_off = rec.state.put_off if rec.state.put_off == rec.today != turn_on else None
        rec.emit(WakeScheduled(at=at, turn_on=turn_on, put_off=put_off))


def _next_wake(view: View, turn_on: date | None) -> datetime | None:
    times = [due.at for due in agenda(view, first_day(view, turn_on)) if due.at is not None]
    return min(times, default=None)
