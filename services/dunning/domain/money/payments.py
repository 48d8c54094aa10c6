"""Payments: what they earn, restart, and keep; and what is taken back."""

from services.dunning.domain.agreements.plans import keep_plans, plans_counting, resume_plans
from services.dunning.domain.agreements.promises import (
    keep_promises,
    promises_counting,
    resume_promises,
)
from services.dunning.domain.money.commands import RecordPayment, ReversePayment
from services.dunning.domain.money.commission import earn, take_back
from services.dunning.domain.money.direct_debit import end_with_payment
from services.dunning.domain.money.events import PaymentRecorded, PaymentReversed
from services.dunning.domain.money.restarts import restart_by_payment
from services.dunning.domain.recorder import Recorder


def record_payment(rec: Recorder, command: RecordPayment) -> None:
    """Count a payment towards promises and plan; kept promises and a completed plan end at once."""
    if command.payment_id in rec.state.payments:
        restart_by_payment(rec, command)
        return
    earn(rec, command)
    restart_by_payment(rec, command)
    rec.emit(
        PaymentRecorded(
            payment_id=command.payment_id,
            amount=command.amount,
            received_at=command.received_at,
            method=command.method,
            collected_by=command.collected_by,
        )
    )
    end_with_payment(rec, command)
    keep_promises(rec)
    keep_plans(rec)


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
