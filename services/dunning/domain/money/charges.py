"""Charges, the start of the late fee, and what is given up."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from contracts.base import AMOUNT_MAX
from services.dunning.domain.money.events import FeeCharged, LateFeeStarted, WriteOffApproved
from services.dunning.domain.money.owing import overdue, overdue_principal
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.actions import Charge, StartLateFee, WriteOff


def charge(rec: Recorder, charge: Charge, cause: Cause) -> None:
    """Charge a fee: the amount decided, else the one the pack says."""
    amount = _worked_out(rec, charge) if cause.amount is None else cause.amount
    amount = min(amount, AMOUNT_MAX)
    if amount <= 0:
        return
    rec.effect(
        FeeCharged(
            item_id=rec.new_id("f"),
            item=charge.item,
            amount=amount,
            due_on=rec.today + timedelta(days=charge.due_in_days),
            on=rec.today,
            currency=rec.state.currency,
        ),
        cause,
    )


def _worked_out(rec: Recorder, charge: Charge) -> int:
    if charge.amount is not None:
        return charge.amount
    share = Decimal(overdue_principal(rec.state, rec.today)) * (charge.ratio or 0)
    return int(share.quantize(Decimal(1), ROUND_HALF_UP))


def start_late_fee(rec: Recorder, action: StartLateFee, cause: Cause) -> None:
    """Let the late fee run from today."""
    rec.effect(LateFeeStarted(from_day=rec.today), cause)


def write_off(rec: Recorder, action: WriteOff, cause: Cause) -> None:
    """Give up what is overdue."""
    ids = tuple(item.item_id for item in overdue(rec.state, rec.today))
    approval = cause.approval_id or rec.new_id("x")
    rec.effect(WriteOffApproved(item_ids=ids, approval_id=approval), cause)
