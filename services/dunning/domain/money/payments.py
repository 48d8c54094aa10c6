"""Payments: what they earn, restart, and keep; and what is taken back."""

from dataclasses import replace
from itertools import chain

from chassis.gathering import gathered
from services.dunning.domain.agreements.plans import keep_plans, plans_counting, resume_plans
from services.dunning.domain.agreements.promises import (
    keep_promises,
    promises_counting,
    resume_promises,
)
from services.dunning.domain.money.commands import RecordPayment, ReversePayment
from services.dunning.domain.money.commission import earn, take_back, unclaimed
from services.dunning.domain.money.direct_debit import end_with_payment
from services.dunning.domain.money.events import AllocationTold, PaymentRecorded, PaymentReversed
from services.dunning.domain.money.restarts import restart_by_payment
from services.dunning.domain.money.state import MoneyPart
from services.dunning.domain.recorder import Recorder


def record_payment(rec: Recorder, command: RecordPayment) -> None:
    """Count a payment towards promises and plan; kept promises and a completed plan end at once.

    One over many items is told in parts, and counts when all of them are known.
    """
    if command.more or command.part:
        parts = _gather(rec, command)
        if command.more:
            return
        command = replace(command, parts=parts)
    if command.payment_id in rec.state.payments:
        restart_by_payment(rec, command)
        return
    earn(rec, command)
    waits = unclaimed(rec, command)
    restart_by_payment(rec, command)
    rec.emit(
        PaymentRecorded(
            payment_id=command.payment_id,
            amount=command.amount,
            received_at=command.received_at,
            method=command.method,
            collected_by=command.collected_by,
            unclaimed=waits,
        )
    )
    end_with_payment(rec, command)
    keep_promises(rec)
    keep_plans(rec)


def _gather(rec: Recorder, command: RecordPayment) -> tuple[MoneyPart, ...]:
    """Where a payment went as far as it was told."""
    payment_id, part = command.payment_id, command.part or 0
    told = rec.state.allocating.get(payment_id, ())
    parts = gathered(told, part, command.parts, f"payment {payment_id}")
    if command.more:
        rec.emit(AllocationTold(payment_id=payment_id, part=part, shares=command.parts))
    else:
        rec.emit(AllocationTold(payment_id=payment_id))
    return tuple(chain.from_iterable(parts))


def reverse_payment(rec: Recorder, command: ReversePayment) -> None:
    """What is taken back of a payment counts as never made: for whoever collected it, for promises
    and for plans.
    """
    promises = promises_counting(rec, command.payment_id)
    plans = plans_counting(rec, command.payment_id)
    take_back(rec, command.payment_id, command.amount)
    rec.emit(PaymentReversed(payment_id=command.payment_id, amount=command.amount))
    resume_promises(rec, promises)
    resume_plans(rec, plans)
