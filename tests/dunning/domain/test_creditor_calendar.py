"""Monthly entries of a creditor: for each segment, only if, with an approval."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.errors import Rejected
from services.dunning.domain.aggregates import CREDITOR
from services.dunning.domain.case.commands import Decide
from services.dunning.domain.case.events import AlertRaised, ApprovalRequested, TaskRequested
from services.dunning.domain.commands import CreditorCommand
from services.dunning.domain.creditor.commands import ConfigureCreditor, RunCalendar
from services.dunning.domain.creditor.decide import decide_creditor
from services.dunning.domain.creditor.events import CommissionApproved
from services.dunning.domain.creditor.state import Creditor
from services.dunning.policy.model import Pack
from tests.dunning.domain.packs import CALL, braced, pack, steps

BODY = steps(f"day: 1 | {braced(CALL)}")
ENTRY = "calendar:\n  - {id: c1, source: rule, monthly: 1, "
SEGMENTS = pack(
    BODY
    + "segments: {public: market, other: segment_department}\n"
    + ENTRY
    + "scope: segments, do: [{task: {kind: reconcile, owner: finance}}]}\n"
)
RATIO = pack(
    BODY
    + "credit: {arrears_ratio_max: 0.05}\n"
    + ENTRY
    + "if: arrears_ratio_exceeded, do: [{alert: {kind: arrears_ratio}}]}\n"
)
COMMISSION = pack(
    BODY
    + "commission: {from: payment, rates: [{rate: 0.1}]}\n"
    + ENTRY
    + "if: commission_earned, do: [{approval: {for: commission, by: manager}}]}\n"
)


def at(month: int) -> datetime:
    return datetime(2026, month, 1, 1, tzinfo=UTC)  # 09:00 in Shanghai


def creditor(policy: Pack, month: int = 3) -> Creditor:
    command = ConfigureCreditor(name="Acme", zone="Asia/Shanghai", currency="CNY")
    return apply(CREDITOR.initial("creditor-acme"), command, policy, at(month))[0]


def apply(
    state: Creditor, command: CreditorCommand, policy: Pack, now: datetime
) -> tuple[Creditor, list[Any]]:
    events = decide_creditor(state, command, policy, now)
    for event in events:
        state = CREDITOR.evolve(state, CREDITOR.decode_event(CREDITOR.encode_event(event)))
    return state, list(events)


def run(policy: Pack, month: int = 3, **facts: Any) -> list[Any]:
    state = creditor(policy, month)
    return apply(state, RunCalendar(**facts), policy, at(month))[1]


def test_each_segment_with_open_items_gets_its_task() -> None:
    events = run(SEGMENTS, segments=("carrier", "public"))
    tasks = [event for event in events if isinstance(event, TaskRequested)]
    assert [(task.owner, task.segment) for task in tasks] == [
        ("finance", "carrier"),
        ("finance", "public"),
    ]
    assert len({task.task_id for task in tasks}) == 2


def test_no_segment_owes_so_nothing_is_to_be_done() -> None:
    assert not [x for x in run(SEGMENTS) if isinstance(x, TaskRequested)]


@pytest.mark.parametrize(
    ("month", "arrears", "invoiced", "raised"),
    [(3, 5001, 100000, 1), (3, 5000, 100000, 0), (1, 1, 100000, 1), (1, 0, 0, 0), (3, 1, 0, 1)],
)
def test_arrears_over_their_share_raise_an_alert(
    month: int, arrears: int, invoiced: int, raised: int
) -> None:
    events = run(RATIO, month, arrears=arrears, invoiced=invoiced)
    assert len([x for x in events if isinstance(x, AlertRaised)]) == raised


def test_commission_earned_asks_for_an_approval_that_names_month_and_amount() -> None:
    (asked,) = [x for x in run(COMMISSION, commission=700) if isinstance(x, ApprovalRequested)]
    assert (asked.for_, asked.by_role, asked.amount, asked.period) == (
        "commission",
        "manager",
        700,
        "2026-02",
    )
    assert not [x for x in run(COMMISSION) if isinstance(x, ApprovalRequested)]


def test_an_approved_commission_may_be_paid_and_a_rejected_one_may_not() -> None:
    state = creditor(COMMISSION)
    state, _ = apply(state, RunCalendar(commission=700), COMMISSION, at(3))
    approve = Decide(for_="commission", outcome="approved", by="m")
    _, events = apply(state, approve, COMMISSION, at(3))
    (paid,) = [x for x in events if isinstance(x, CommissionApproved)]
    assert (paid.month, paid.amount, paid.currency) == ("2026-02", 700, "CNY")
    reject = Decide(for_="commission", outcome="rejected", by="m")
    state, events = apply(state, reject, COMMISSION, at(3))
    assert not [x for x in events if isinstance(x, CommissionApproved)]
    with pytest.raises(Rejected, match="nothing asks"):
        apply(state, approve, COMMISSION, at(3))
