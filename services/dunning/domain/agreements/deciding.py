"""What is disputed, applied for and decided on an account; who asks may not approve."""

from chassis.errors import Rejected
from services.dunning.domain.agreements.commands import MakeApplication, OpenDispute, ResolveDispute
from services.dunning.domain.agreements.events import (
    ApplicationDecided,
    ApplicationMade,
    DisputeOpened,
    DisputeResolved,
    ItemDeferred,
)
from services.dunning.domain.agreements.state import Application, Dispute
from services.dunning.domain.case.acting import perform
from services.dunning.domain.case.casework import reassess
from services.dunning.domain.case.commands import Decide
from services.dunning.domain.case.events import ApprovalDecided, StepDropped
from services.dunning.domain.case.reacting import follow_classification, react
from services.dunning.domain.case.state import Approval
from services.dunning.domain.checks import one_of
from services.dunning.domain.codes import short_code
from services.dunning.domain.money.events import LateFeeWaived
from services.dunning.domain.money.waiting_money import is_held
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.domain.turn import grant, granted_actions
from services.dunning.policy import actions
from services.dunning.policy.facts import ApplicationFact, ApprovalFact, DisputeFact

DISPUTE_KINDS = ("objection", "hearing", "statement", "appeal", "complaint")
DISPUTE_OUTCOMES = ("upheld", "rejected", "reduced")
OUTCOMES = ("approved", "rejected")


# ---- disputes


def open_dispute(rec: Recorder, command: OpenDispute) -> None:
    one_of("a dispute's kind", command.kind, DISPUTE_KINDS)
    if command.item_id is None:
        ids = tuple(rec.state.items)
    else:
        ids = (command.item_id,)
        if command.item_id not in rec.state.items and command.item_id not in rec.state.settled:
            raise Rejected(f"the account has no item {command.item_id} that could be disputed")
    if not ids:
        raise Rejected("nothing is open that could be disputed")
    rec.emit(
        DisputeOpened(
            dispute_id=rec.new_id("d"),
            kind=command.kind,
            item_ids=ids,
            reason=command.reason,
            case_id=rec.case_id,
        )
    )
    reassess(rec)
    react(rec, DisputeFact("opened"))


def resolve_dispute(rec: Recorder, command: ResolveDispute) -> None:
    one_of("a dispute's outcome", command.outcome, DISPUTE_OUTCOMES)
    for dispute in rec.state.disputes:
        if command.dispute_id in (None, dispute.dispute_id):
            break
    else:
        raise Rejected(f"no open dispute {command.dispute_id or ''}".rstrip())
    if (command.outcome == "reduced") != (command.amount is not None):
        raise Rejected("a new amount is given with the outcome `reduced`, and only with it")
    _check_new_amount(rec, dispute, command.amount)
    rec.emit(
        DisputeResolved(
            dispute_id=dispute.dispute_id,
            outcome=command.outcome,
            item_ids=dispute.item_ids,
            amount=command.amount,
            by=command.by,
            reason=command.reason,
            case_id=rec.case_id,
        )
    )
    react(rec, DisputeFact(command.outcome))


def _check_new_amount(rec: Recorder, dispute: Dispute, amount: int | None) -> None:
    if amount is None:
        return
    if amount < 0:
        raise Rejected("the new amount must not be below 0")
    items = [rec.state.items[i] for i in dispute.item_ids if i in rec.state.items]
    if len(items) == len(dispute.item_ids) and amount > sum(item.amount for item in items):
        raise Rejected("the new amount is above the disputed one: that is no reduction")


# ---- applications, approvals


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
    reassess(rec)
    react(rec, ApplicationFact(command.for_, "made"))


def decide_request(rec: Recorder, command: Decide) -> None:
    one_of("the outcome of a decision", command.outcome, OUTCOMES)
    for application in rec.state.applications:
        if application.for_ == command.for_:
            _decide_application(rec, application, command)
            return
    for approval in rec.state.approvals:
        if approval.for_ == command.for_:
            _decide_approval(rec, approval, command)
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
        cause = Cause(None, "waive_late_fee approved")
        rec.effect(LateFeeWaived(amount=amount), cause)
    react(rec, ApplicationFact(application.for_, command.outcome))
    for approval in rec.state.approvals:
        if approval.for_ == application.for_ and not approval.is_step:
            _decide_approval(rec, approval, command)


def _defer(rec: Recorder, application: Application, command: Decide) -> None:
    until = command.until or application.until
    if until is None:
        return
    ids = tuple(item.item_id for item in rec.state.items.values() if item.due_on < until)
    if ids:
        rec.emit(ItemDeferred(item_ids=ids, until=until, application_id=application.application_id))


def _decide_approval(rec: Recorder, approval: Approval, command: Decide) -> None:
    approved = command.outcome == "approved"
    cause = Cause(approval.step, f"{approval.for_} {command.outcome}", approval.path)
    rec.effect(
        ApprovalDecided(
            approval_id=approval.approval_id,
            for_=approval.for_,
            outcome=command.outcome,
            by=command.by,
            amount=command.amount,
            at=rec.now,
        ),
        cause,
    )
    if approved and approval.is_step and not rec.is_paused:
        if not is_held(rec.state, granted_actions(rec), rec.today):
            grant(rec)
    elif approved and not approval.is_step:
        follow = cause._replace(amount=command.amount, approval_id=approval.approval_id)
        _follow_reaction(rec, approval, follow)
    elif not approved and approval.is_step and not approval.path:
        rec.effect(StepDropped(on=rec.today), cause)
    react(rec, ApprovalFact(approval.for_, command.outcome))


def _follow_reaction(rec: Recorder, approval: Approval, cause: Cause) -> None:
    asked = rec.pack.action(approval.step or "", approval.path)
    if not isinstance(asked, actions.Approval):
        return
    before = rec.state.case.classified if rec.state.case else None
    perform(rec, asked.then, cause, is_step=False)
    follow_classification(rec, before)
