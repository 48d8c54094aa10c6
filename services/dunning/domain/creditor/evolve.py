"""How a creditor changes."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from chassis.errors import BrokenInvariant
from services.dunning.domain.case.events import (
    AlertRaised,
    ApprovalDecided,
    ApprovalRequested,
    CalendarRun,
    TaskCompleted,
    TaskRequested,
    WakeScheduled,
)
from services.dunning.domain.case.evolve_effects import except_task, open_task
from services.dunning.domain.case.state import Approval
from services.dunning.domain.creditor.events import (
    ClearanceCertified,
    CollectorStarted,
    CommissionApproved,
    CreditorConfigured,
    CreditorEvent,
    PolicyDecided,
    PolicyProposed,
    ReportStored,
)
from services.dunning.domain.creditor.state import Creditor, PolicyProposal


def evolve_creditor(state: Creditor, event: CreditorEvent) -> Creditor:
    """Apply one event to a creditor; raises BrokenInvariant for one it does not know."""
    change = CHANGES.get(type(event))
    if change is None:
        raise BrokenInvariant(f"a creditor knows no event {type(event).__name__}")
    return replace(change(state, event), sequence=state.sequence + 1)


def unchanged(state: Creditor, _event: object) -> Creditor:
    """Nothing of the creditor follows from the event."""
    return state


def configured(state: Creditor, event: CreditorConfigured) -> Creditor:
    return replace(
        state,
        name=event.name,
        zone=event.zone,
        currency=event.currency,
        languages=event.languages,
        policy=event.policy_ref,
        terms=event.terms,
        calendar=event.calendar,
        closed_days=event.closed_days,
        retention_days=event.retention_days,
        second_person_above=event.second_person_above,
    )


def alerted(state: Creditor, event: AlertRaised) -> Creditor:
    if event.kind != "calendar_unknown" or event.on is None:
        return state
    return replace(state, calendar_told=event.on.year)


def task_asked(state: Creditor, event: TaskRequested) -> Creditor:
    return replace(state, tasks=(*state.tasks, open_task(event)))


def task_done(state: Creditor, event: TaskCompleted) -> Creditor:
    return replace(state, tasks=except_task(state.tasks, event.task_id))


def approval_asked(state: Creditor, event: ApprovalRequested) -> Creditor:
    approval = Approval(
        approval_id=event.approval_id,
        for_=event.for_,
        by_role=event.by_role,
        step=event.step,
        path=event.path,
        amount=event.amount,
        period=event.period,
    )
    return replace(state, approvals=(*state.approvals, approval))


def approval_decided(state: Creditor, event: ApprovalDecided) -> Creditor:
    left = tuple(a for a in state.approvals if a.approval_id != event.approval_id)
    return replace(state, approvals=left)


def policy_proposed(state: Creditor, event: PolicyProposed) -> Creditor:
    proposal = PolicyProposal(
        proposal_id=event.proposal_id,
        policy=event.policy_ref,
        by=event.by,
        subject=event.subject,
    )
    return replace(state, proposals=(*state.proposals, proposal))


def policy_decided(state: Creditor, event: PolicyDecided) -> Creditor:
    left = tuple(p for p in state.proposals if p.proposal_id != event.proposal_id)
    return replace(state, proposals=left)


def collector_started(state: Creditor, event: CollectorStarted) -> Creditor:
    collectors = {**state.collectors, event.collector.code: event.started_on}
    return replace(state, collectors=collectors)


def scheduled(state: Creditor, event: WakeScheduled) -> Creditor:
    return replace(state, wake=event.at, turn_on=event.turn_on)


CHANGES: dict[type, Callable[[Creditor, Any], Creditor]] = {
    CreditorConfigured: configured,
    AlertRaised: alerted,
    TaskRequested: task_asked,
    TaskCompleted: task_done,
    ApprovalRequested: approval_asked,
    ApprovalDecided: approval_decided,
    CommissionApproved: unchanged,
    PolicyProposed: policy_proposed,
    PolicyDecided: policy_decided,
    CollectorStarted: collector_started,
    ClearanceCertified: unchanged,
    ReportStored: unchanged,
    CalendarRun: unchanged,
    WakeScheduled: scheduled,
}
