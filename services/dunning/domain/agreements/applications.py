"""What is applied for: who asks may not approve, and a decision may not wait too long."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

from chassis.errors import Rejected
from chassis.four_eyes import Person
from services.dunning.domain.agreements.commands import MakeApplication
from services.dunning.domain.agreements.events import (
    ApplicationDecided,
    ApplicationMade,
    DecisionFoundLate,
    ItemDeferred,
)
from services.dunning.domain.agreements.state import Application
from services.dunning.domain.case.commands import Decide
from services.dunning.domain.money.events import LateFeeWaived
from services.dunning.domain.recorder import Cause, Due, Recorder, View
from services.dunning.policy.facts import ApplicationFact
from services.dunning.reasons import ahead as a
from services.dunning.reasons import values as r

_ONE_PERSON = "who asks may not approve: the decision needs a second person"


def make_application(rec: Recorder, command: MakeApplication) -> None:
    """Record what is applied for, once at a time under each name."""
    if any(a.for_ == command.for_ for a in rec.state.applications):
        raise Rejected(f"an application for {command.for_} already waits for its decision")
    rec.emit(
        ApplicationMade(
            application_id=rec.new_id("q"),
            for_=command.for_,
            on=rec.today,
            amount=command.amount,
            until=command.until,
            by_code=command.by_code,
            subject_code=command.subject_code,
            reason=command.reason,
            case_id=rec.case_id,
        )
    )
    rec.reassess()
    rec.react(ApplicationFact(command.for_, "made"))


def decide_application(rec: Recorder, application: Application, command: Decide) -> None:
    """Decide on an application; raises Rejected when the rules refuse."""
    approved = command.outcome == "approved"
    if approved:
        asked = Person(application.by_code, application.subject_code)
        if not asked.names.isdisjoint(command.codes):
            raise Rejected(_ONE_PERSON)
        _check_amount(application, command)
    until = command.until or application.until
    if approved and application.for_ == "deferral":
        if until is None:
            raise Rejected("a deferral is approved to a date: `until` is missing")
        if until < rec.today:
            raise Rejected(f"a deferral to {until} lies before today {rec.today}")
    amount = command.amount if command.amount is not None else application.amount
    rec.emit(
        ApplicationDecided(
            application_id=application.application_id,
            for_=application.for_,
            outcome=command.outcome,
            by=command.by,
            amount=amount,
            until=until,
            case_id=rec.case_id,
        )
    )
    if approved and application.for_ == "deferral" and until is not None:
        _defer(rec, application, command)
    if approved and application.for_ == "waive_late_fee":
        cause = Cause(None, r.Decided("waive_late_fee", "approved"))
        rec.effect(LateFeeWaived(amount=amount), cause)
    rec.react(ApplicationFact(application.for_, command.outcome))


def _check_amount(application: Application, command: Decide) -> None:
    """Who decides grants what was applied for or less: more would be one person's word."""
    asked, granted = application.amount, command.amount
    if asked is not None and granted is not None and granted > asked:
        raise Rejected(f"{granted} is more than the {asked} that was applied for")


def _defer(rec: Recorder, application: Application, command: Decide) -> None:
    until = command.until or application.until
    if until is None:
        return
    ids = tuple(item.item_id for item in rec.state.items.values() if item.due_on < until)
    if ids:
        rec.emit(ItemDeferred(item_ids=ids, until=until, application_id=application.application_id))


# ---- decided too late


def agenda(view: View, floor: date) -> Iterator[Due]:
    """A decision is late on the day after the last in time; it is told once."""
    rule = view.pack.decisions
    if rule is None:
        return
    for application in view.state.applications:
        if application.late or (rule.for_ and application.for_ not in rule.for_):
            continue
        on = application.made_on + timedelta(days=rule.late_after_days + 1)
        why = r.DecisionLate(application.for_, application.made_on, rule.late_after_days)
        run = partial(_tell, application=application, kind=rule.alert, why=why)
        yield Due(view.steps_at(max(on, floor)), a.Alert(rule.alert), why, run)


def _tell(rec: Recorder, application: Application, kind: str, why: r.DecisionLate) -> None:
    cause = Cause(None, why)
    rec.effect(DecisionFoundLate(application_id=application.application_id), cause)
    rec.alert(kind, cause)
