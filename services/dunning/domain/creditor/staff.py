"""What the staff records about a creditor: tasks done, approvals, collectors, clearances."""

from datetime import datetime
from zoneinfo import ZoneInfo

from chassis.errors import Rejected
from services.dunning.domain.case.commands import CompleteTask, Decide
from services.dunning.domain.case.events import ApprovalDecided, TaskCompleted
from services.dunning.domain.checks import OUTCOMES, one_of
from services.dunning.domain.creditor.commands import CertifyClearance, StartCollector
from services.dunning.domain.creditor.events import (
    ClearanceCertified,
    CollectorStarted,
    CommissionApproved,
    CreditorEvent,
)
from services.dunning.domain.creditor.state import Creditor
from services.dunning.domain.localtime import local_day
from services.dunning.policy.model import Pack
from services.dunning.reasons import values as r

COMMISSION = "commission"
"""The approval whose granting lets a month's commission be paid."""
SHOWN_MAX = 20
"""Accounts that a refusal names, at most."""


def complete_task(
    state: Creditor, command: CompleteTask, pack: Pack, now: datetime
) -> list[CreditorEvent]:
    for task in state.tasks:
        if command.task_id in (None, task.task_id) and command.kind in (None, task.kind):
            return [
                TaskCompleted(
                    task_id=task.task_id,
                    kind=task.kind,
                    result=command.result,
                    at=now,
                    note=command.note,
                    by=command.by,
                )
            ]
    raise Rejected(f"no open task {command.task_id or command.kind}")


def decide_approval(
    state: Creditor, command: Decide, pack: Pack, now: datetime
) -> list[CreditorEvent]:
    """Decide the oldest approval asked for under a name; the amount asked stands unless another is
    given.
    """
    one_of("the outcome of a decision", command.outcome, OUTCOMES)
    for approval in state.approvals:
        if approval.for_ == command.for_:
            break
    else:
        raise Rejected(f"nothing asks for a decision on {command.for_}")
    amount = approval.amount if command.amount is None else command.amount
    events: list[CreditorEvent] = [
        ApprovalDecided(
            approval_id=approval.approval_id,
            for_=approval.for_,
            outcome=command.outcome,
            by=command.by,
            amount=amount,
            at=now,
            step=approval.step,
            reason=r.Decided(approval.for_, command.outcome),
            policy=pack.id,
            policy_version=pack.version,
        )
    ]
    if approval.for_ == COMMISSION and command.outcome == "approved" and approval.period:
        events.append(
            CommissionApproved(
                approval_id=approval.approval_id,
                month=approval.period,
                amount=amount or 0,
                currency=state.currency,
            )
        )
    return events


def start_collector(
    state: Creditor, command: StartCollector, pack: Pack, now: datetime
) -> list[CreditorEvent]:
    """Since when somebody collects; the same again changes nothing."""
    if state.collectors.get(command.collector.code) == command.started_on:
        return []
    return [
        CollectorStarted(collector=command.collector, started_on=command.started_on, by=command.by)
    ]


def certify_clearance(
    state: Creditor, command: CertifyClearance, pack: Pack, now: datetime
) -> list[CreditorEvent]:
    """Certify that nothing is owed on a person's accounts; raises Rejected naming those that
    owe.
    """
    if command.owing:
        shown = ", ".join(command.owing[:SHOWN_MAX])
        more = len(command.owing) - SHOWN_MAX
        raise Rejected(f"accounts still owe: {shown}" + (f" and {more} more" if more > 0 else ""))
    on = local_day(now, ZoneInfo(state.zone))
    return [
        ClearanceCertified(person=command.person, on=on, accounts=command.accounts, by=command.by)
    ]
