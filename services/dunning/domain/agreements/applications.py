"""What is applied for; who asks may not approve."""

from chassis.errors import Rejected
from services.dunning.domain.agreements.commands import MakeApplication
from services.dunning.domain.agreements.events import (
    ApplicationDecided,
    ApplicationMade,
    ItemDeferred,
)
from services.dunning.domain.agreements.state import Application
from services.dunning.domain.case.commands import Decide
from services.dunning.domain.case.decisions import decide_approval
from services.dunning.domain.checks import OUTCOMES, one_of
from services.dunning.domain.codes import short_code
from services.dunning.domain.money.events import LateFeeWaived
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.facts import ApplicationFact
from services.dunning.reasons import values as r


def make_application(rec: Recorder, command: MakeApplication) -> None:
    if any(a.for_ == command.for_ for a in rec.state.applications):
        raise Rejected(f"an application for {command.for_} already waits for its decision")
    rec.emit(
        ApplicationMade(
            application_id=rec.new_id("q"),
            for_=command.for_,
            on=rec.today,
            amount=command.amount,
            until=command.until,
            by_code=_code(command.by),
            reason=command.reason,
            case_id=rec.case_id,
        )
    )
    rec.reassess()
    rec.react(ApplicationFact(command.for_, "made"))


def decide_request(rec: Recorder, command: Decide) -> None:
    one_of("the outcome of a decision", command.outcome, OUTCOMES)
    for application in rec.state.applications:
        if application.for_ == command.for_:
            _decide_application(rec, application, command)
            return
    for approval in rec.state.approvals:
        if approval.for_ == command.for_:
            decide_approval(rec, approval, command)
            return
    raise Rejected(f"nothing asks for a decision on {command.for_}")


def _code(name: str | None) -> str | None:
    return short_code(name.strip()) if name and name.strip() else None


def _decide_application(rec: Recorder, application: Application, command: Decide) -> None:
    code = _code(command.by)
    approved = command.outcome == "approved"
    if approved and code is not None and code == application.by_code:
        raise Rejected("who asks may not approve: the decision needs a second person")
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
    for approval in rec.state.approvals:
        if approval.for_ == application.for_ and not approval.is_step:
            decide_approval(rec, approval, command)


def _defer(rec: Recorder, application: Application, command: Decide) -> None:
    until = command.until or application.until
    if until is None:
        return
    ids = tuple(item.item_id for item in rec.state.items.values() if item.due_on < until)
    if ids:
        rec.emit(ItemDeferred(item_ids=ids, until=until, application_id=application.application_id))
