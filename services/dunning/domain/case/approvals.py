"""Approvals: asked for by a step or a reaction, and what follows once they are granted."""

from services.dunning.domain.account import Account
from services.dunning.domain.case.events import ApprovalRequested, StepGranted
from services.dunning.domain.case.state import Approval
from services.dunning.domain.recorder import Cause, Recorder, View
from services.dunning.policy import actions
from services.dunning.policy.actions import Action, Asking, following
from services.dunning.policy.model import Pack
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


def decided_under(state: Account, purpose: str) -> list[Approval]:
    """The approvals that a decision on what is asked for under a name decides: with an application
    those that reactions asked for, else the oldest.
    """
    named = [approval for approval in state.approvals if approval.for_ == purpose]
    if _is_applied_for(state, purpose):
        return [approval for approval in named if not approval.is_step]
    return named[:1]


def gives_up(state: Account, purpose: str, pack: Pack) -> bool:
    """Whether approving what is asked for under a name writes a debt off for which nobody applied:
    whoever applied is the first person.
    """
    if _is_applied_for(state, purpose):
        return False
    return any(_writes_off(_follows(pack, one)) for one in decided_under(state, purpose))


def _is_applied_for(state: Account, purpose: str) -> bool:
    return any(application.for_ == purpose for application in state.applications)


def _writes_off(follow: tuple[Action, ...]) -> bool:
    return any(
        isinstance(one, actions.WriteOff) or _writes_off(tuple(following(one))) for one in follow
    )


def granted_actions(view: View, approval: Approval | None = None) -> tuple[Action, ...]:
    """What follows from an approval: from the one that waits to be carried out, when none is
    given.
    """
    approval = approval or (view.state.case.granted if view.state.case else None)
    return () if approval is None else _follows(view.pack, approval)


def _follows(pack: Pack, approval: Approval) -> tuple[Action, ...]:
    if approval.step is None:
        return ()
    if not approval.path:
        return pack.actions(approval.step)
    asked = pack.action(approval.step, approval.path)
    return asked.then if isinstance(asked, actions.Approval) else ()
