"""A day's turn: what happens at the step time (rules of all packs: pace, pause, calendar).

The order is fixed: promises and plans are checked, the case goes on or stays, contacts that waited
go first, then the limitation periods that end, what was planned for the day, what is due before a
due date, the monthly entries, and at last one step.
"""

from datetime import date, timedelta

from services.dunning.domain.account import Account
from services.dunning.domain.agreements.decision_dates import tell_late_decisions
from services.dunning.domain.agreements.keeping import check_agreements
from services.dunning.domain.case.acting import ask, perform, perform_one, request_notice
from services.dunning.domain.case.casework import reassess
from services.dunning.domain.case.conditions import holds
from services.dunning.domain.case.events import CalendarRun, StepDropped, StepGranted, StepTaken
from services.dunning.domain.case.planned import do_planned
from services.dunning.domain.case.reacting import follow_classification
from services.dunning.domain.case.state import Approval
from services.dunning.domain.case.timetable import (
    Turn,
    first_possible_day,
    pending_steps,
    turn_of,
    waits_for_decision,
)
from services.dunning.domain.contact.limits import allowed_at, contact_by
from services.dunning.domain.localtime import named_day, next_monthly
from services.dunning.domain.money.limitation import tell_limitations
from services.dunning.domain.money.owing import is_unpaid, not_yet_due, overdue
from services.dunning.domain.money.waiting_money import is_held
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy import actions
from services.dunning.policy.actions import Action, Notice
from services.dunning.policy.model import BeforeDue, CalendarEntry, Step


def take_turn(rec: Recorder, due_on: date) -> None:
    """Go through one day; `due_on` is the day the wake-up was for, earlier than today only when it
    came late.
    """
    check_agreements(rec)
    reassess(rec)
    tell_late_decisions(rec)
    release_contacts(rec)
    tell_limitations(rec)
    do_planned(rec)
    for before in rec.pack.before_due:
        _before_due(rec, before)
    for entry in rec.pack.calendar:
        _calendar(rec, entry, due_on)
    _step(rec)


# ---- contacts that waited


def release_contacts(rec: Recorder) -> None:
    """Let contacts that the limits held back go, in the order they came, as far as the limits
    allow.
    """
    waiting = rec.state.case.waiting if rec.state.case else ()
    for contact in waiting:
        action = rec.pack.action(contact.step, contact.path)
        if action is None or rec.is_paused:
            continue
        if allowed_at(rec, contact_by(action, contact)) <= rec.now:
            reason = f"waited for the contact limit; {contact.reason.partition(';')[0]}"
            cause = Cause(
                contact.step,
                reason,
                contact.path,
                contact=contact.contact,
                channel=contact.channel,
                follows=contact.follows,
            )
            perform_one(rec, action, cause, is_step=False)


# ---- before the due date and every month


def _before_due(rec: Recorder, entry: BeforeDue) -> None:
    due_on = rec.today + timedelta(days=entry.days)
    items = [item for item in not_yet_due(rec.state, rec.today) if item.due_on == due_on]
    if not items or rec.state.hold is not None:
        return
    cause = Cause(entry.id, f"{entry.days} days before the due date {due_on}")
    for index, action in enumerate(entry.do):
        if not holds(action.if_, rec.state, rec.today):
            continue
        if not isinstance(action, Notice):
            perform_one(rec, action, cause.at(index), is_step=False)
            continue
        for channel in action.channels:
            request_notice(rec, action, channel, items, cause.at(index), needs_overdue=False)


def runs_for(entry: CalendarEntry, state: Account, day: date) -> bool:
    """Whether a monthly entry is for this account on a day."""
    if entry.scope != "accounts" or state.hold is not None:
        return False
    if entry.where == "overdue":
        return bool(overdue(state, day))
    if entry.where == "not_yet_due":
        return bool(not_yet_due(state, day))
    if entry.where == "mandate" and not state.mandate:
        return False
    return any(is_unpaid(item, day) for item in state.items.values())


def _calendar(rec: Recorder, entry: CalendarEntry, due_on: date) -> None:
    on = next_monthly(due_on, *entry.monthly)
    if on > rec.today or not runs_for(entry, rec.state, rec.today):
        return
    cause = Cause(entry.id, f"monthly, day {named_day(on, entry.monthly)}")
    rec.effect(CalendarRun(on=rec.today), cause)
    for index, action in enumerate(entry.do):
        if holds(action.if_, rec.state, rec.today):
            _calendar_action(rec, entry, action, cause.at(index))


def _calendar_action(rec: Recorder, entry: CalendarEntry, action: Action, cause: Cause) -> None:
    if not isinstance(action, Notice) or entry.where != "not_yet_due":
        perform_one(rec, action, cause, is_step=False)
        return
    for channel in action.channels:
        items = not_yet_due(rec.state, rec.today)
        request_notice(rec, action, channel, items, cause, needs_overdue=False)


# ---- steps


def _step(rec: Recorder) -> None:
    """Take the next step if its turn has come; those whose condition fails are dropped first."""
    case = rec.state.case
    if case is None or rec.is_paused or rec.today < first_possible_day(case):
        return
    if case.granted is not None:
        if not is_held(rec.state, granted_actions(rec), rec.today):
            grant(rec)
        return
    for step in pending_steps(case, rec.pack):
        turn = turn_of(step, rec.state, rec.pack, rec.today, rec.zone)
        if waits_for_decision(case, rec.pack) or turn is None or turn.on > rec.today:
            return
        if holds(step.if_, rec.state, rec.today):
            if not is_held(rec.state, step.do, rec.today):
                _take(rec, step, turn)
            return
        why = Cause(step.id, f"{turn.why}, but its condition does not hold")
        rec.effect(StepDropped(on=rec.today), why)


def _take(rec: Recorder, step: Step, turn: Turn) -> None:
    cause = Cause(step.id, f"{turn.why}, nothing pauses")
    asks = step.approval is not None
    rec.effect(
        StepTaken(
            on=rec.today,
            asks=asks,
            days_past_due=_days_past_due(rec),
            ledger_version=rec.state.ledger_version,
        ),
        cause,
    )
    if step.approval is not None:
        ask(rec, step.approval, cause, is_step=True)
        return
    before = rec.state.case.classified if rec.state.case else None
    perform(rec, step.do, cause, is_step=True)
    follow_classification(rec, before)


def _days_past_due(rec: Recorder) -> int:
    oldest = overdue(rec.state, rec.today)
    return (rec.today - oldest[0].due_on).days if oldest else 0


def grant(rec: Recorder) -> None:
    """Do what a step asked approval for."""
    case = rec.state.case
    approval = case.granted if case else None
    if case is None or approval is None or approval.step is None:
        return
    cause = Cause(
        approval.step,
        f"{approval.for_} approved",
        approval.path,
        approval.amount,
        approval.approval_id,
    )
    rec.effect(StepGranted(on=rec.today), cause)
    before = case.classified
    perform(rec, granted_actions(rec, approval), cause, is_step=True)
    follow_classification(rec, before)


def granted_actions(rec: Recorder, approval: Approval | None = None) -> tuple[Action, ...]:
    """What follows from an approval: from the one that waits to be carried out, when none is
    given.
    """
    approval = approval or (rec.state.case.granted if rec.state.case else None)
    if approval is None or approval.step is None:
        return ()
    if not approval.path:
        return rec.pack.actions(approval.step)
    asked = rec.pack.action(approval.step, approval.path)
    return asked.then if isinstance(asked, actions.Approval) else ()
