"""What is decided on applications and approvals."""

from chassis.errors import Rejected
from services.dunning.domain.agreements.applications import decide_application
from services.dunning.domain.case.approvals import grant, granted_actions
from services.dunning.domain.case.commands import Decide
from services.dunning.domain.case.conditions import is_held
from services.dunning.domain.case.events import ApprovalDecided, StepDropped
from services.dunning.domain.case.state import Approval
from services.dunning.domain.checks import OUTCOMES, one_of
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy import actions
from services.dunning.policy.facts import ApprovalFact
from services.dunning.reasons import values as r


def decide_request(rec: Recorder, command: Decide) -> None:
    """Decide the oldest application of a name, with what a reaction asked under it, else the oldest
    approval.
    """
    one_of("the outcome of a decision", command.outcome, OUTCOMES)
    for application in rec.state.applications:
        if application.for_ == command.for_:
            decide_application(rec, application, command)
            _decide_with_it(rec, command)
            return
    for approval in rec.state.approvals:
        if approval.for_ == command.for_:
            _decide_approval(rec, approval, command)
            return
    raise Rejected(f"nothing asks for a decision on {command.for_}")


def _decide_with_it(rec: Recorder, command: Decide) -> None:
    for approval in rec.state.approvals:
        if approval.for_ == command.for_ and not approval.is_step:
            _decide_approval(rec, approval, command)


def _decide_approval(rec: Recorder, approval: Approval, command: Decide) -> None:
    approved = command.outcome == "approved"
    cause = Cause(approval.step, r.Decided(approval.for_, command.outcome), approval.path)
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
    rec.react(ApprovalFact(approval.for_, command.outcome))


def _follow_reaction(rec: Recorder, approval: Approval, cause: Cause) -> None:
    asked = rec.pack.action(approval.step or "", approval.path)
    if not isinstance(asked, actions.Approval):
        return
    rec.perform(asked.then, cause, is_step=False)
