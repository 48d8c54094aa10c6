"""Changing a creditor's policy: proposed by one person, approved by another, for the cases to come;
a running case keeps its own unless it is moved on purpose.
"""

from datetime import datetime

from chassis.errors import NotFound, Rejected
from chassis.four_eyes import Person, require_second
from services.dunning.domain.case.commands import FollowPolicy
from services.dunning.domain.case.events import CasePolicyChanged
from services.dunning.domain.case.state import PolicyRef
from services.dunning.domain.checks import OUTCOMES, one_of
from services.dunning.domain.creditor.commands import DecidePolicy, ProposePolicy
from services.dunning.domain.creditor.events import CreditorEvent, PolicyDecided, PolicyProposed
from services.dunning.domain.creditor.state import Creditor, PolicyProposal
from services.dunning.domain.creditor.terms import means, money_terms, policy_ref
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.model import Pack
from services.dunning.reasons import values as r


def propose_policy(
    state: Creditor, command: ProposePolicy, pack: Pack, now: datetime
) -> list[CreditorEvent]:
    """Record a proposal; raises Rejected when it says what already holds, or has another text under
    a version that is taken.
    """
    wanted = policy_ref(pack)
    if state.policy is not None and means(state.policy, pack):
        raise Rejected(f"policy {wanted.label} with these figures is in force already")
    for known in (state.policy, *(proposal.policy for proposal in state.proposals)):
        _check_version(pack, known)
    return [
        PolicyProposed(
            proposal_id=f"{state.code}-v{state.sequence + 1}",
            policy_ref=wanted,
            by=command.by,
            subject=command.subject,
            note=command.note,
        )
    ]


def check_decision(state: Creditor, command: DecidePolicy) -> PolicyProposal:
    """The proposal a decision is about; raises NotFound or Rejected when it may not be taken."""
    one_of("the outcome of a decision", command.outcome, OUTCOMES)
    for proposal in state.proposals:
        if proposal.proposal_id == command.proposal_id:
            break
    else:
        raise NotFound(f"no policy proposal {command.proposal_id} waits for a decision")
    if command.outcome == "approved":
        proposed = Person(proposal.by, proposal.subject)
        require_second(Person(command.by, command.subject), proposed)
    return proposal


def decided(proposal: PolicyProposal, command: DecidePolicy) -> PolicyDecided:
    """The decision as it is recorded."""
    return PolicyDecided(
        proposal_id=proposal.proposal_id,
        policy_ref=proposal.policy,
        outcome=command.outcome,
        by=command.by,
        note=command.note,
    )


def follow_policy(rec: Recorder, command: FollowPolicy) -> None:
    """Move the running case to the recorder's pack.

    Raises Rejected without a case, while a step waits for its decision (its actions are those of
    the policy that asked), and when the case follows that pack already.
    """
    case = rec.state.case
    if case is None:
        raise Rejected("no case runs that could be moved to another policy")
    wanted = policy_ref(rec.pack)
    if means(case.policy, rec.pack):
        raise Rejected(f"the case follows policy {wanted.label} with these figures already")
    if case.asking is not None or case.granted is not None:
        raise Rejected("a step of the case waits for its decision: decide it first")
    cause = Cause(None, r.PolicyMoved(case.policy.label, command.by))
    rec.effect(
        CasePolicyChanged(
            before=case.policy,
            after=wanted,
            by=command.by,
            note=command.note,
            on=rec.today,
            terms=money_terms(rec.pack),
        ),
        cause,
    )


def _check_version(pack: Pack, known: PolicyRef | None) -> None:
    if known is None or (known.policy, known.version) != (pack.id, pack.version):
        return
    if known.content_hash not in (pack.content_hash, *pack.same_as):
        raise Rejected(
            f"policy {pack.label} is known with another text: a changed text needs a new version"
        )
