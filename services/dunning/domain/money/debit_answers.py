"""Direct debit: what the bank answers, money or a failure."""

from datetime import datetime

from chassis.errors import Rejected
from services.dunning.domain.account import Account
from services.dunning.domain.localtime import local_day
from services.dunning.domain.money.commands import FailDirectDebit, RecordPayment
from services.dunning.domain.money.direct_debit import names_request
from services.dunning.domain.money.events import DirectDebitEnded, MandateWithdrawn
from services.dunning.domain.money.mandate import ends_mandate, withdraw
from services.dunning.domain.recorder import Recorder

METHOD = "direct_debit"
_PART = ":"
"""Stands in a payment's id between the request it answers and what tells it from other answers."""


def end_with_payment(rec: Recorder, payment: RecordPayment) -> None:
    """A payment by direct debit answers a request: the one its id names, alone or before a colon,
    else the oldest that was made by the day the money came in; whatever it brings, that request is
    over.
    """
    if payment.method != METHOD:
        return
    named = payment.payment_id.partition(_PART)[0]
    answered = named if names_request(rec.state, named) else _oldest(rec, payment.received_at)
    if answered in _running(rec.state):
        ended = DirectDebitEnded(request_id=answered, outcome="paid", payment_id=payment.payment_id)
        rec.emit(ended)


def _oldest(rec: Recorder, received_at: datetime) -> str:
    """The oldest request that money of an instant can answer; none is empty."""
    if rec.state.debit is not None:
        return rec.state.debit
    day = local_day(received_at, rec.zone)
    return next((one.request_id for one in rec.state.debits if one.on <= day), "")


def fail_debit(rec: Recorder, command: FailDirectDebit) -> None:
    """The bank could not debit: the request it names, else the oldest, brought nothing; some
    reasons say that nothing can be debited any more.
    """
    running = _running(rec.state)
    request_id = command.request_id or next(iter(running), None)
    loses = rec.state.mandate and ends_mandate(command.reason)
    if request_id is None and not loses:
        raise Rejected("the bank was not asked to debit this account")
    if request_id is not None:
        reason = command.reason
        rec.emit(DirectDebitEnded(request_id=request_id, outcome="failed", reason=reason))
    if loses and command.reason is not None:
        rec.emit(MandateWithdrawn(reason=command.reason))
        withdraw(rec)


def _running(state: Account) -> list[str]:
    """The requests the bank has not answered, the oldest first."""
    earlier = [] if state.debit is None else [state.debit]
    return [*earlier, *(one.request_id for one in state.debits)]
