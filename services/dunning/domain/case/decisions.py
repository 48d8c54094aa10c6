"""What is decided on applications and approvals."""

from chassis.errors import Rejected
from services.dunning.domain.agreements.applications import decide_application
from services.dunning.domain.case.approvals import decided_under, grant, granted_actions
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
    approvals = decided_under(rec.state, command.for_)
    application = next((a for a in rec.state.applications if a.for_ == command.for_), None)
    if application is None and not approvals:
        raise Rejected(f"nothing asks for a decision on {command.for_}")
    if application is not None:
        decide_application(rec, application, command)
    for approval in approvals:
        if approval in rec.state.approvals:
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
