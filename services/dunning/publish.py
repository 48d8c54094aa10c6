"""What dunning tells others: a literal table from its events to contract messages.

Sealed texts and names never leave; events that are dunning's own business are not in the table.
"""

from collections.abc import Callable, Mapping
from typing import Any

from chassis.outgoing import Outgoing
from chassis.stored import Stored
from contracts import dunning as m
from contracts.base import Contract
from services.dunning.domain import events as e
from services.dunning.domain.state import short_code
from services.dunning.domain.values import Owed
from services.dunning.views.rows import owner_of

Make = Callable[[Stored, str | None], Contract]
_LABEL_MAX = 200


def publish(stored: Stored) -> list[Outgoing]:
    """The messages of one event; the terms of a creditor go to every lane."""
    make = _MESSAGES.get(type(stored.event))
    if make is None:
        return []
    creditor, account = owner_of(stored)
    data = make(stored, account)
    correlation = getattr(stored.event, "case_id", None)
    if isinstance(data, m.TermsPublished):
        return [Outgoing(data, creditor, correlation=correlation, lanes="every")]
    if account is None:
        return [Outgoing(data, creditor, correlation=correlation)]
    return [Outgoing(data, creditor, account, correlation)]


def _decided(event: e.Effect) -> dict[str, Any]:
    return {
        "policy": event.policy,
        "version": event.policy_version,
        "step": event.step,
        "reason": event.reason[:_LABEL_MAX],
    }


def _about(stored: Stored, account: str | None) -> dict[str, Any]:
    return {"account_id": account, "case_id": stored.event.case_id}


def _own_id(stored: Stored) -> str:
    """An id for what has none of its own: the event's place in its stream."""
    return f"{short_code(stored.stream)}-e{stored.version}"


# ---- the case


def _case_opened(stored: Stored, account: str | None) -> Contract:
    event: e.CaseOpened = stored.event
    return m.CaseOpened(
        **_about(stored, account),
        ledger_version=event.ledger_version,
        policy=event.policy_ref.policy,
        version=event.policy_ref.version,
        opened_on=event.opened_on,
        oldest_due_on=event.oldest_due_on,
        overdue=event.overdue,
        currency=event.currency,
    )


def _case_paused(stored: Stored, account: str | None) -> Contract:
    event: e.CasePaused = stored.event
    return m.CasePaused(**_about(stored, account), reason=pause_code(event.reasons))


def _case_resumed(stored: Stored, account: str | None) -> Contract:
    return m.CaseResumed(**_about(stored, account), reason="pause_over")


def _case_closed(stored: Stored, account: str | None) -> Contract:
    return m.CaseClosed(**_about(stored, account), reason="nothing_overdue")


def pause_code(reasons: tuple[str, ...]) -> str:
    """The first word of each reason, in order: `hold`, `promise`, `instalment`, `dispute`,
    `application`.
    """
    return ":".join(dict.fromkeys(reason.partition(" ")[0] for reason in reasons))


def _step_taken(stored: Stored, account: str | None) -> Contract:
    event: e.StepTaken = stored.event
    return m.StepTaken(
        **_about(stored, account),
        **_decided(event),
        day=event.on,
        days_past_due=event.days_past_due,
        ledger_version=event.ledger_version,
    )


def _classified(stored: Stored, account: str | None) -> Contract:
    event: e.Classified = stored.event
    return m.Classified(**_about(stored, account), **_decided(event), classification=event.as_)


# ---- requests


def _notice(stored: Stored, account: str | None) -> Contract:
    event: e.NoticeRequested = stored.event
    return m.NoticeRequested(
        **_about(stored, account),
        **_decided(event),
        notice_id=event.notice_id,
        purpose=event.purpose,
        channel=event.channel,
        recipients=event.recipients,
        template=event.template,
        variables=_variables(event.variables),
        respond_by=event.respond_by,
        ledger_version=event.ledger_version,
        needs_overdue=event.needs_overdue,
    )


def _variables(owed: Owed) -> dict[str, str | int | bool]:
    figures: dict[str, str | int | bool] = {
        "as_of": owed.as_of.isoformat(),
        "currency": owed.currency,
        "principal": owed.principal,
        "late_fee": owed.late_fee,
        "total": owed.total,
        "items": len(owed.items),
    }
    if owed.oldest_due_on is not None:
        figures["due_on"] = owed.oldest_due_on.isoformat()
    return figures


def _task(stored: Stored, account: str | None) -> Contract:
    event: e.TaskRequested = stored.event
    return m.TaskRequested(
        **_about(stored, account),
        **_decided(event),
        task_id=event.task_id,
        kind=event.kind,
        owner=event.owner,
        with_owners=event.with_owners,
        day=event.on,
    )


def _task_completed(stored: Stored, account: str | None) -> Contract:
    event: e.TaskCompleted = stored.event
    return m.TaskCompleted(
        **_about(stored, account),
        task_id=event.task_id,
        kind=event.kind,
        result=event.result or None,
    )


def _task_withdrawn(stored: Stored, account: str | None) -> Contract:
    event: e.TaskWithdrawn = stored.event
    return m.TaskWithdrawn(
        **_about(stored, account),
        task_id=event.task_id,
        kind=event.kind,
        reason="case_closed",
    )


def _restriction(stored: Stored, account: str | None) -> Contract:
    event: e.RestrictionRequested = stored.event
    return m.RestrictionRequested(
        **_about(stored, account),
        **_decided(event),
        request_id=_own_id(stored),
        service=event.service,
        ledger_version=event.ledger_version,
    )


def _restoration(stored: Stored, account: str | None) -> Contract:
    event: e.RestorationRequested = stored.event
    return m.RestorationRequested(
        **_about(stored, account),
        **_decided(event),
        request_id=_own_id(stored),
        service=event.service,
        ledger_version=event.ledger_version,
    )


def _referral(stored: Stored, account: str | None) -> Contract:
    event: e.ReferralMade = stored.event
    return m.ReferralMade(
        **_about(stored, account),
        **_decided(event),
        referral_id=_own_id(stored),
        to=event.to,
        ledger_version=event.ledger_version,
        overdue=event.overdue,
        currency=event.currency,
    )


def _legal(stored: Stored, account: str | None) -> Contract:
    event: e.LegalRequested = stored.event
    return m.LegalRequested(
        **_about(stored, account),
        **_decided(event),
        request_id=event.request_id,
        document=event.document,
        ledger_version=event.ledger_version,
        currency=event.currency,
        principal=event.principal,
        late_fee=event.late_fee,
        total=event.total,
        items=tuple(
            m.ClaimItem(
                item_id=item.item_id,
                item=item.item,
                due_on=item.due_on,
                principal=item.principal,
                late_fee=item.late_fee,
            )
            for item in event.items
        ),
    )


# ---- decisions of people


def _approval_requested(stored: Stored, account: str | None) -> Contract:
    event: e.ApprovalRequested = stored.event
    return m.ApprovalRequested(
        **_about(stored, account),
        **_decided(event),
        approval_id=event.approval_id,
        action=event.for_,
        owner=event.by_role,
    )


def _approval_decided(stored: Stored, account: str | None) -> Contract:
    event: e.ApprovalDecided = stored.event
    return m.ApprovalDecided(
        **_about(stored, account),
        approval_id=event.approval_id,
        action=event.for_,
        outcome=event.outcome,
        amount=event.amount,
    )


def _approval_lapsed(stored: Stored, account: str | None) -> Contract:
    event: e.ApprovalLapsed = stored.event
    return m.ApprovalDecided(
        **_about(stored, account),
        approval_id=event.approval_id,
        action=event.for_,
        outcome="lapsed",
    )


def _promise_made(stored: Stored, account: str | None) -> Contract:
    event: e.PromiseMade = stored.event
    return m.PromiseMade(
        **_about(stored, account),
        promise_id=event.promise_id,
        amount=event.amount,
        by=event.by,
    )


def _promise_kept(stored: Stored, account: str | None) -> Contract:
    return m.PromiseKept(**_about(stored, account), promise_id=stored.event.promise_id)


def _promise_broken(stored: Stored, account: str | None) -> Contract:
    event: e.PromiseBroken = stored.event
    return m.PromiseBroken(**_about(stored, account), promise_id=event.promise_id, paid=event.paid)


def _plan_agreed(stored: Stored, account: str | None) -> Contract:
    event: e.PlanAgreed = stored.event
    return m.PlanAgreed(
        **_about(stored, account),
        plan_id=event.plan_id,
        instalments=tuple(m.Instalment(due_on=i.due, amount=i.amount) for i in event.instalments),
    )


def _plan_broken(stored: Stored, account: str | None) -> Contract:
    event: e.PlanBroken = stored.event
    return m.PlanBroken(
        **_about(stored, account), plan_id=event.plan_id, paid=event.paid, expected=event.due
    )


def _plan_completed(stored: Stored, account: str | None) -> Contract:
    return m.PlanCompleted(**_about(stored, account), plan_id=stored.event.plan_id)


def _dispute_opened(stored: Stored, account: str | None) -> Contract:
    event: e.DisputeOpened = stored.event
    return m.DisputeOpened(
        **_about(stored, account),
        dispute_id=event.dispute_id,
        kind=event.kind,
        item_ids=event.item_ids,
    )


def _dispute_resolved(stored: Stored, account: str | None) -> Contract:
    event: e.DisputeResolved = stored.event
    return m.DisputeResolved(
        **_about(stored, account),
        dispute_id=event.dispute_id,
        outcome=event.outcome,
        item_ids=event.item_ids,
        amount=event.amount,
    )


def _application_made(stored: Stored, account: str | None) -> Contract:
    event: e.ApplicationMade = stored.event
    return m.ApplicationMade(
        **_about(stored, account),
        application_id=event.application_id,
        action=event.for_,
        amount=event.amount,
        until=event.until,
    )


def _application_decided(stored: Stored, account: str | None) -> Contract:
    event: e.ApplicationDecided = stored.event
    return m.ApplicationDecided(
        **_about(stored, account),
        application_id=event.application_id,
        action=event.for_,
        outcome=event.outcome,
        amount=event.amount,
        until=event.until,
    )


def _hold_placed(stored: Stored, account: str | None) -> Contract:
    return m.HoldPlaced(account_id=account, hold_id=stored.event.hold_id)


def _hold_released(stored: Stored, account: str | None) -> Contract:
    return m.HoldReleased(account_id=account, hold_id=stored.event.hold_id)


def _alert(stored: Stored, account: str | None) -> Contract:
    event: e.AlertRaised = stored.event
    return m.AlertRaised(
        **_about(stored, account),
        alert_id=_own_id(stored),
        kind=event.kind,
        day=event.on or stored.at.date(),
        reason=event.reason[:_LABEL_MAX] or None,
    )


# ---- what the ledger must know


def _terms(stored: Stored, account: str | None) -> Contract:
    event: e.CreditorConfigured = stored.event
    late_fee = event.terms.late_fee
    creditor, _ = owner_of(stored)
    return m.TermsPublished(
        creditor=creditor,
        name=event.name,
        time_zone=event.zone,
        currency=event.currency,
        due_days=event.terms.due_days,
        allocation=event.terms.allocation,
        late_fee=None
        if late_fee is None
        else m.LateFeeTerms(
            rate_per_day=format(late_fee.rate_per_day, "f"),
            cap_ratio=format(late_fee.cap_ratio, "f"),
            starts=late_fee.starts,
        ),
        policy=event.policy_ref.policy,
        version=event.policy_ref.version,
        languages=event.languages,
    )


def _deferred(stored: Stored, account: str | None) -> Contract:
    event: e.ItemDeferred = stored.event
    return m.ItemDeferred(account_id=account, item_ids=event.item_ids, until=event.until)


def _late_fee_started(stored: Stored, account: str | None) -> Contract:
    return m.LateFeeStarted(**_about(stored, account), from_day=stored.event.from_day)


def _late_fee_waived(stored: Stored, account: str | None) -> Contract:
    return m.LateFeeWaived(**_about(stored, account), amount=stored.event.amount)


def _fee_charged(stored: Stored, account: str | None) -> Contract:
    event: e.FeeCharged = stored.event
    return m.FeeCharged(
        **_about(stored, account),
        item_id=event.item_id,
        item=event.item,
        amount=event.amount,
        currency=event.currency,
        issued_on=event.on or stored.at.date(),
        due_on=event.due_on,
    )


def _write_off(stored: Stored, account: str | None) -> Contract:
    event: e.WriteOffApproved = stored.event
    return m.WriteOffApproved(
        **_about(stored, account),
        approval_id=event.approval_id or _own_id(stored),
        item_ids=event.item_ids,
    )


_MESSAGES: Mapping[type[e.Event], Make] = {
    e.CaseOpened: _case_opened,
    e.CasePaused: _case_paused,
    e.CaseResumed: _case_resumed,
    e.CaseClosed: _case_closed,
    e.StepTaken: _step_taken,
    e.Classified: _classified,
    e.NoticeRequested: _notice,
    e.TaskRequested: _task,
    e.TaskCompleted: _task_completed,
    e.TaskWithdrawn: _task_withdrawn,
    e.RestrictionRequested: _restriction,
    e.RestorationRequested: _restoration,
    e.ReferralMade: _referral,
    e.LegalRequested: _legal,
    e.ApprovalRequested: _approval_requested,
    e.ApprovalDecided: _approval_decided,
    e.ApprovalLapsed: _approval_lapsed,
    e.PromiseMade: _promise_made,
    e.PromiseKept: _promise_kept,
    e.PromiseBroken: _promise_broken,
    e.PlanAgreed: _plan_agreed,
    e.PlanBroken: _plan_broken,
    e.PlanCompleted: _plan_completed,
    e.DisputeOpened: _dispute_opened,
    e.DisputeResolved: _dispute_resolved,
    e.ApplicationMade: _application_made,
    e.ApplicationDecided: _application_decided,
    e.HoldPlaced: _hold_placed,
    e.HoldReleased: _hold_released,
    e.AlertRaised: _alert,
    e.CreditorConfigured: _terms,
    e.ItemDeferred: _deferred,
    e.LateFeeStarted: _late_fee_started,
    e.LateFeeWaived: _late_fee_waived,
    e.FeeCharged: _fee_charged,
    e.WriteOffApproved: _write_off,
}
