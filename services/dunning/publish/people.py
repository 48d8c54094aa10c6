"""What people decided and agreed on, without their words; and alerts."""

from collections.abc import Mapping

from chassis.store.stored import Stored
from contracts import dunning as m
from contracts.base import Contract
from services.dunning.domain.agreements.events import (
    ApplicationDecided,
    ApplicationMade,
    DisputeOpened,
    DisputeResolved,
    PlanAgreed,
    PlanBroken,
    PlanCompleted,
    PlanResumed,
    PromiseBroken,
    PromiseKept,
    PromiseMade,
    PromiseResumed,
)
from services.dunning.domain.case.events import (
    AlertRaised,
    ApprovalDecided,
    ApprovalLapsed,
    ApprovalRequested,
    HoldPlaced,
    HoldReleased,
    RetentionEnded,
)
from services.dunning.domain.creditor.events import CommissionApproved
from services.dunning.domain.event import Event
from services.dunning.domain.money.events import LimitationReached
from services.dunning.publish.parts import LABEL_MAX, Make, about, decided, own_id
from services.dunning.reasons.english import why_in_words


def _approval_requested(stored: Stored, account: str | None) -> Contract:
    event: ApprovalRequested = stored.event
    return m.ApprovalRequested(
        **about(stored, account),
        **decided(event),
        approval_id=event.approval_id,
        action=event.for_,
        purpose=event.for_,
        owner=event.by_role,
        amount=event.amount,
    )


def _approval_decided(stored: Stored, account: str | None) -> Contract:
    event: ApprovalDecided = stored.event
    return m.ApprovalDecided(
        **about(stored, account),
        approval_id=event.approval_id,
        action=event.for_,
        purpose=event.for_,
        outcome=event.outcome,
        amount=event.amount,
    )


def _approval_lapsed(stored: Stored, account: str | None) -> Contract:
    event: ApprovalLapsed = stored.event
    return m.ApprovalDecided(
        **about(stored, account),
        approval_id=event.approval_id,
        action=event.for_,
        purpose=event.for_,
        outcome="lapsed",
    )


def _promise_made(stored: Stored, account: str | None) -> Contract:
    event: PromiseMade = stored.event
    return m.PromiseMade(
        **about(stored, account),
        promise_id=event.promise_id,
        amount=event.amount,
        by=event.by,
        until=event.by,
    )


def _promise_resumed(stored: Stored, account: str | None) -> Contract:
    """It runs again, so it is told again under its own id."""
    event: PromiseResumed = stored.event
    return m.PromiseMade(
        **about(stored, account),
        promise_id=event.promise_id,
        amount=event.amount,
        by=event.by,
        until=event.by,
    )


def _promise_kept(stored: Stored, account: str | None) -> Contract:
    return m.PromiseKept(**about(stored, account), promise_id=stored.event.promise_id)


def _promise_broken(stored: Stored, account: str | None) -> Contract:
    event: PromiseBroken = stored.event
    return m.PromiseBroken(**about(stored, account), promise_id=event.promise_id, paid=event.paid)


def _plan_agreed(stored: Stored, account: str | None) -> Contract:
    """One that runs again is told again under its own id."""
    event: PlanAgreed | PlanResumed = stored.event
    return m.PlanAgreed(
        **about(stored, account),
        plan_id=event.plan_id,
        instalments=tuple(m.Instalment(due_on=i.due, amount=i.amount) for i in event.instalments),
    )


def _plan_broken(stored: Stored, account: str | None) -> Contract:
    event: PlanBroken = stored.event
    return m.PlanBroken(
        **about(stored, account), plan_id=event.plan_id, paid=event.paid, expected=event.due
    )


def _plan_completed(stored: Stored, account: str | None) -> Contract:
    return m.PlanCompleted(**about(stored, account), plan_id=stored.event.plan_id)


def _dispute_opened(stored: Stored, account: str | None) -> Contract:
    event: DisputeOpened = stored.event
    return m.DisputeOpened(
        **about(stored, account),
        dispute_id=event.dispute_id,
        kind=event.kind,
        item_ids=event.item_ids,
    )


def _dispute_resolved(stored: Stored, account: str | None) -> Contract:
    event: DisputeResolved = stored.event
    return m.DisputeResolved(
        **about(stored, account),
        dispute_id=event.dispute_id,
        outcome=event.outcome,
        item_ids=event.item_ids,
        amount=event.amount,
    )


def _application_made(stored: Stored, account: str | None) -> Contract:
    event: ApplicationMade = stored.event
    return m.ApplicationMade(
        **about(stored, account),
        application_id=event.application_id,
        action=event.for_,
        purpose=event.for_,
        amount=event.amount,
        until=event.until,
    )


def _application_decided(stored: Stored, account: str | None) -> Contract:
    event: ApplicationDecided = stored.event
    return m.ApplicationDecided(
        **about(stored, account),
        application_id=event.application_id,
        action=event.for_,
        purpose=event.for_,
        outcome=event.outcome,
        amount=event.amount,
        until=event.until,
    )


def _hold_placed(stored: Stored, account: str | None) -> Contract:
    return m.HoldPlaced(account_id=account, hold_id=stored.event.hold_id)


def _hold_released(stored: Stored, account: str | None) -> Contract | None:
    """Nothing is told while another hold stands: the account does not go on."""
    event: HoldReleased = stored.event
    if event.standing is not None:
        return None
    return m.HoldReleased(account_id=account, hold_id=event.hold_id)


def _retention_ended(stored: Stored, account: str | None) -> Contract:
    event: RetentionEnded = stored.event
    return m.RetentionEnded(account_id=account, closed_on=event.closed_on, days=event.days)


def _alert(stored: Stored, account: str | None) -> Contract:
    event: AlertRaised = stored.event
    return m.AlertRaised(
        **about(stored, account),
        alert_id=own_id(stored),
        kind=event.kind,
        day=event.on or stored.at.date(),
        reason=why_in_words(event)[:LABEL_MAX] or None,
    )


def _limitation(stored: Stored, account: str | None) -> Contract:
    event: LimitationReached = stored.event
    return m.LimitationReached(
        **about(stored, account),
        item_id=event.item_id,
        stage=event.stage,
        day=event.on,
        ends_on=event.ends_on,
    )


def _commission_approved(stored: Stored, account: str | None) -> Contract:
    event: CommissionApproved = stored.event
    return m.CommissionApproved(
        approval_id=event.approval_id,
        month=event.month,
        amount=event.amount,
        currency=event.currency,
    )


MESSAGES: Mapping[type[Event], Make] = {
    ApprovalRequested: _approval_requested,
    ApprovalDecided: _approval_decided,
    ApprovalLapsed: _approval_lapsed,
    PromiseMade: _promise_made,
    PromiseResumed: _promise_resumed,
    PromiseKept: _promise_kept,
    PromiseBroken: _promise_broken,
    PlanAgreed: _plan_agreed,
    PlanResumed: _plan_agreed,
    PlanBroken: _plan_broken,
    PlanCompleted: _plan_completed,
    DisputeOpened: _dispute_opened,
    DisputeResolved: _dispute_resolved,
    ApplicationMade: _application_made,
    ApplicationDecided: _application_decided,
    HoldPlaced: _hold_placed,
    HoldReleased: _hold_released,
    RetentionEnded: _retention_ended,
    AlertRaised: _alert,
    LimitationReached: _limitation,
    CommissionApproved: _commission_approved,
}
