"""How events change the state: one small function for each, and nothing decided here."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from services.dunning.domain import events as e
from services.dunning.domain.evolve_agreements import (
    application_decided,
    applied,
    deferred,
    dispute_opened,
    dispute_resolved,
    held,
    released,
    scheduled,
)
from services.dunning.domain.evolve_case import (
    closed,
    delayed,
    opened,
    overdue_ended,
    paused,
    policy_changed,
    reacted,
    resumed,
    step_dropped,
    step_granted,
    step_taken,
)
from services.dunning.domain.evolve_effects import (
    alert_raised,
    approval_decided,
    approval_gone,
    approval_requested,
    classified,
    classified_ahead,
    except_task,
    notice_reported,
    notice_requested,
    open_task,
    referred,
    restored,
    restricted,
    task_completed,
    task_requested,
    task_withdrawn,
)
from services.dunning.domain.evolve_facts import (
    account_erased,
    account_updated,
    debit_ended,
    debit_requested,
    items_updated,
    mandate_withdrawn,
    observed,
    progressed,
    replied,
)
from services.dunning.domain.evolve_money import (
    adopted,
    payment_recorded,
    payment_reversed,
    plan_agreed,
    plan_over,
    plan_resumed,
    promise_over,
    promise_resumed,
    promised,
    unmatched,
)
from services.dunning.domain.evolve_planned import (
    action_planned,
    action_reached,
    decision_late,
)
from services.dunning.domain.evolve_recovery import (
    commission_earned,
    commission_reversed,
    limitation_reached,
    limitation_restarted,
)
from services.dunning.domain.state import Account, Creditor
from services.dunning.domain.values import Approval, PolicyProposal


def evolve_account(state: Account, event: Any) -> Account:
    """Apply one event to an account; an event of no consequence only counts."""
    change = _ACCOUNT.get(type(event))
    following = change(state, event) if change else state
    return replace(following, sequence=state.sequence + 1)


def evolve_creditor(state: Creditor, event: Any) -> Creditor:
    """Apply one event to a creditor."""
    change = _CREDITOR.get(type(event))
    following = change(state, event) if change else state
    return replace(following, sequence=state.sequence + 1)


def _opened(state: Account, event: e.CaseOpened) -> Account:
    following = opened(state, event)
    if state.promises or state.plan:
        following = adopted(following, event.case_id or "")
    return following


def _configured(state: Creditor, event: e.CreditorConfigured) -> Creditor:
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
    )


def _creditor_alerted(state: Creditor, event: e.AlertRaised) -> Creditor:
    if event.kind != "calendar_unknown" or event.on is None:
        return state
    return replace(state, calendar_told=event.on.year)


def _creditor_task(state: Creditor, event: e.TaskRequested) -> Creditor:
    return replace(state, tasks=(*state.tasks, open_task(event)))


def _creditor_task_done(state: Creditor, event: e.TaskCompleted) -> Creditor:
    return replace(state, tasks=except_task(state.tasks, event.task_id))


def _creditor_asked(state: Creditor, event: e.ApprovalRequested) -> Creditor:
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


def _creditor_decided(state: Creditor, event: e.ApprovalDecided) -> Creditor:
    left = tuple(a for a in state.approvals if a.approval_id != event.approval_id)
    return replace(state, approvals=left)


def _policy_proposed(state: Creditor, event: e.PolicyProposed) -> Creditor:
    proposal = PolicyProposal(proposal_id=event.proposal_id, policy=event.policy_ref, by=event.by)
    return replace(state, proposals=(*state.proposals, proposal))


def _policy_decided(state: Creditor, event: e.PolicyDecided) -> Creditor:
    left = tuple(p for p in state.proposals if p.proposal_id != event.proposal_id)
    return replace(state, proposals=left)


def _collector_started(state: Creditor, event: e.CollectorStarted) -> Creditor:
    collectors = {**state.collectors, event.collector.code: event.started_on}
    return replace(state, collectors=collectors)


def _creditor_scheduled(state: Creditor, event: e.WakeScheduled) -> Creditor:
    return replace(state, wake=event.at, turn_on=event.turn_on)


_ACCOUNT: dict[type, Callable[[Account, Any], Account]] = {
    e.ItemsUpdated: items_updated,
    e.PaymentRecorded: payment_recorded,
    e.PaymentUnmatched: unmatched,
    e.PaymentReversed: payment_reversed,
    e.AccountUpdated: account_updated,
    e.AccountErased: account_erased,
    e.ObservationRecorded: observed,
    e.DirectDebitRequested: debit_requested,
    e.DirectDebitEnded: debit_ended,
    e.MandateWithdrawn: mandate_withdrawn,
    e.ReplyRecorded: replied,
    e.LegalProgressRecorded: progressed,
    e.LimitationRestarted: limitation_restarted,
    e.LimitationReached: limitation_reached,
    e.CommissionEarned: commission_earned,
    e.CommissionReversed: commission_reversed,
    e.CaseOpened: _opened,
    e.CasePaused: paused,
    e.CaseResumed: resumed,
    e.CaseClosed: closed,
    e.OverdueEnded: overdue_ended,
    e.CasePolicyChanged: policy_changed,
    e.StepTaken: step_taken,
    e.StepDropped: step_dropped,
    e.StepGranted: step_granted,
    e.ContactDelayed: delayed,
    e.ActionPlanned: action_planned,
    e.ActionReached: action_reached,
    e.DecisionFoundLate: decision_late,
    e.Reacted: reacted,
    e.NoticeRequested: notice_requested,
    e.DeliveryRecorded: notice_reported,
    e.AlertRaised: alert_raised,
    e.TaskRequested: task_requested,
    e.TaskCompleted: task_completed,
    e.TaskWithdrawn: task_withdrawn,
    e.RestrictionRequested: restricted,
    e.RestorationRequested: restored,
    e.ReferralMade: referred,
    e.ApprovalRequested: approval_requested,
    e.ApprovalDecided: approval_decided,
    e.ApprovalLapsed: approval_gone,
    e.Classified: classified,
    e.ClassifiedAhead: classified_ahead,
    e.PromiseMade: promised,
    e.PromiseKept: promise_over,
    e.PromiseBroken: promise_over,
    e.PromiseLapsed: promise_over,
    e.PromiseResumed: promise_resumed,
    e.PlanAgreed: plan_agreed,
    e.PlanBroken: plan_over,
    e.PlanCompleted: plan_over,
    e.PlanResumed: plan_resumed,
    e.DisputeOpened: dispute_opened,
    e.DisputeResolved: dispute_resolved,
    e.ApplicationMade: applied,
    e.ApplicationDecided: application_decided,
    e.ItemDeferred: deferred,
    e.HoldPlaced: held,
    e.HoldReleased: released,
    e.WakeScheduled: scheduled,
}

_CREDITOR: dict[type, Callable[[Creditor, Any], Creditor]] = {
    e.CreditorConfigured: _configured,
    e.AlertRaised: _creditor_alerted,
    e.TaskRequested: _creditor_task,
    e.TaskCompleted: _creditor_task_done,
    e.ApprovalRequested: _creditor_asked,
    e.ApprovalDecided: _creditor_decided,
    e.PolicyProposed: _policy_proposed,
    e.PolicyDecided: _policy_decided,
    e.CollectorStarted: _collector_started,
    e.WakeScheduled: _creditor_scheduled,
}
