"""Approvals: asked for by a step or a reaction, and what follows once they are granted."""

from services.dunning.domain.case.events import ApprovalRequested, StepGranted
from services.dunning.domain.case.state import Approval
from services.dunning.domain.recorder import Cause, Recorder, View
from services.dunning.policy import actions
from services.dunning.policy.actions import Action, Asking
from services.dunning.reasons import values as r


def ask(rec: Recorder, approval: Asking, cause: Cause, *, is_step: bool) -> None:
    """Ask for an approval; a step's makes the steps after it wait.

    While one that a reaction asked for waits for its decision, it is not asked for again.
    """
    if not is_step and any(
        rec.pack.is_same(a.step, cause.step) and a.path == cause.path for a in rec.state.approvals
    ):
        return
    rec.effect(
        ApprovalRequested(
            approval_id=rec.new_id("a"),
            for_=approval.for_,
            by_role=approval.by,
            path=cause.path,
            is_step=is_step,
            holds_steps=is_step or approval.holds_steps,
        ),
        cause,
    )


def grant(rec: Recorder) -> None:
    """Do what a step asked approval for."""
    case = rec.state.case
    approval = case.granted if case else None
    if case is None or approval is None or approval.step is None:
        return
    cause = Cause(
        approval.step,
        r.Decided(approval.for_, "approved"),
        approval.path,
        approval.amount,
        approval.approval_id,
    )
    rec.effect(StepGranted(on=rec.today), cause)
    rec.perform(granted_actions(rec, approval), cause, is_step=True)


def granted_actions(view: View, approval: Approval | None = None) -> tuple[Action, ...]:
    """What follows from an approval: from the one that waits to be carried out, when none is
    given.
    """
    approval = approval or (view.state.case.granted if view.state.case else None)
    if approval is None or approval.step is None:
        return ()
    if not approval.path:
        return view.pack.actions(approval.step)
    asked = view.pack.action(approval.step, approval.path)
    return asked.then if isinstance(asked, actions.Approval) else ()
