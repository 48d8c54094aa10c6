"""What is disputed."""

from datetime import date

from chassis.errors import Rejected
from contracts.words.late_fee import late_fee_at
from services.dunning.domain.account import Account
from services.dunning.domain.agreements.commands import OpenDispute, ResolveDispute
from services.dunning.domain.agreements.events import DisputeOpened, DisputeResolved
from services.dunning.domain.agreements.state import Dispute
from services.dunning.domain.checks import one_of
from services.dunning.domain.recorder import Recorder
from services.dunning.policy.facts import DisputeFact

DISPUTE_KINDS = ("objection", "hearing", "statement", "appeal", "complaint")


DISPUTE_OUTCOMES = ("upheld", "rejected", "reduced")


def open_dispute(rec: Recorder, command: OpenDispute) -> None:
    """Dispute one item, or everything that is open."""
    one_of("a dispute's kind", command.kind, DISPUTE_KINDS)
    if command.item_id is None:
        ids = tuple(rec.state.items)
    else:
        ids = (command.item_id,)
        if command.item_id not in rec.state.items and command.item_id not in rec.state.settled:
            raise Rejected(f"the account has no item {command.item_id} that could be disputed")
    if not ids:
        raise Rejected("nothing is open that could be disputed")
    rec.emit(
        DisputeOpened(
            dispute_id=rec.new_id("d"),
            kind=command.kind,
            item_ids=ids,
            reason=command.reason,
            case_id=rec.case_id,
        )
    )
    rec.reassess()
    rec.react(DisputeFact("opened"))


def check_resolution(state: Account, command: ResolveDispute) -> Dispute:
    """The dispute that is decided: the oldest, or the one that is named; raises Rejected when it
    may not be decided so.
    """
    one_of("a dispute's outcome", command.outcome, DISPUTE_OUTCOMES)
    for dispute in state.disputes:
        if command.dispute_id in (None, dispute.dispute_id):
            break
    else:
        raise Rejected(f"no open dispute {command.dispute_id or ''}".rstrip())
    if (command.outcome == "reduced") != (command.amount is not None):
        raise Rejected("a new amount is given with the outcome `reduced`, and only with it")
    _check_new_amount(state, dispute, command.amount)
    return dispute


def given_up(state: Account, dispute: Dispute, command: ResolveDispute) -> int | None:
    """What a resolution takes off the debt; None where not all its items are known any more."""
    if command.outcome == "rejected":
        return 0
    items = [state.items[i] for i in dispute.item_ids if i in state.items]
    if len(items) < len(dispute.item_ids):
        return None
    return sum(item.amount for item in items) - (command.amount or 0)


def worth(state: Account, dispute: Dispute, command: ResolveDispute, day: date) -> int | None:
    """What a resolution takes off the debt, with the late fee on it, paid or not: in proportion
    where a part is taken off, rounded up. None where not all its items are known any more.
    """
    amount = given_up(state, dispute, command)
    if not amount:
        return amount
    items = [state.items[i] for i in dispute.item_ids]
    fees = sum(late_fee_at(a, day) + a.settled for item in items if (a := item.accrual))
    return amount + -(-fees * amount // sum(item.amount for item in items))


def resolve_dispute(rec: Recorder, command: ResolveDispute) -> None:
    """Decide a dispute; raises Rejected when it may not be."""
    dispute = check_resolution(rec.state, command)
    rec.emit(
        DisputeResolved(
            dispute_id=dispute.dispute_id,
            outcome=command.outcome,
            item_ids=dispute.item_ids,
            amount=command.amount,
            by=command.by,
            reason=command.reason,
            case_id=rec.case_id,
        )
    )
    rec.react(DisputeFact(command.outcome))


def _check_new_amount(state: Account, dispute: Dispute, amount: int | None) -> None:
    if amount is None:
        return
    if amount < 0:
        raise Rejected("the new amount must not be below 0")
    items = [state.items[i] for i in dispute.item_ids if i in state.items]
    if len(items) == len(dispute.item_ids) and amount > sum(item.amount for item in items):
        raise Rejected("the new amount is above the disputed one: that is no reduction")
