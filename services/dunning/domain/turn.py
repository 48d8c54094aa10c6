"""A day's turn: what happens at the step time (rules of all packs: pace, pause, calendar).

The order is fixed: promises and plans are checked, the case goes on or stays, contacts that waited
go first, then the limitation periods that end, what was planned for the day, what is due before a
due date, the monthly entries, and at last one step.
"""

from datetime import date

from services.dunning.domain.agreements.decision_dates import tell_late_decisions
from services.dunning.domain.agreements.plans import check_plan
from services.dunning.domain.agreements.promises import check_promises
from services.dunning.domain.case.before_due import tell_before_due
from services.dunning.domain.case.monthly import run_monthly
from services.dunning.domain.case.planned import do_planned
from services.dunning.domain.case.steps import take_step
from services.dunning.domain.contact.waiting import release_contacts
from services.dunning.domain.money.limitation import tell_limitations
from services.dunning.domain.recorder import Recorder


def take_turn(rec: Recorder, due_on: date) -> None:
    """Go through one day; `due_on` is the day the wake-up was for, earlier than today only when it
    came late.
    """
    check_promises(rec)
    check_plan(rec)
    rec.reassess()
    tell_late_decisions(rec)
    release_contacts(rec)
    tell_limitations(rec)
    do_planned(rec)
    for before in rec.pack.before_due:
        tell_before_due(rec, before)
    for entry in rec.pack.calendar:
        run_monthly(rec, entry, due_on)
    take_step(rec)
