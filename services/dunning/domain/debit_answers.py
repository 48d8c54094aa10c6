"""Direct debit: what the bank answers, money or a failure."""

from chassis.errors import Rejected
from services.dunning.domain import commands as c
from services.dunning.domain import events as e
from services.dunning.domain.mandate import ends_mandate, withdraw
from services.dunning.domain.recorder import Recorder
from services.dunning.domain.state import Account

METHOD = "direct_debit"
_PART = ":"
"""Stands in a payment's id between the request it answers and what tells it from other answers."""


def end_with_payment(rec: Recorder, payment_id: str, method: str) -> None:
    """A payment by direct debit answers a request: the one its id names, alone or before a colon,
    else the oldest; whatever it brings, that request is over.
    """
    if method != METHOD:
        return
    running = _running(rec.state)
    named = [one for one in running if one == payment_id.partition(_PART)[0]]
    for request_id in (named or running)[:1]:
        rec.emit(e.DirectDebitEnded(request_id=request_id, outcome="paid", payment_id=payment_id))


def fail(rec: Recorder, command: c.FailDirectDebit) -> None:
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
        rec.emit(e.DirectDebitEnded(request_id=request_id, outcome="failed", reason=reason))
    if loses and command.reason is not None:
        rec.emit(e.MandateWithdrawn(reason=command.reason))
        withdraw(rec)


def _running(state: Account) -> list[str]:
    """The requests the bank has not answered, the oldest first."""
    earlier = [] if state.debit is None else [state.debit]
    return [*earlier, *(one.request_id for one in state.debits)]
