"""Money that waits for an invoice nobody knows (rules of all packs: unknown reference).

It is in the house: while it covers all that is overdue, nobody is cut off, handed on or sued for
want of it.
"""

from datetime import timedelta

from services.dunning.domain.case.events import WakeScheduled
from services.dunning.domain.money.commands import NoteUnmatched
from services.dunning.domain.money.events import PaymentUnmatched
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.reasons import values as r

ALERT = "payment_unmatched"
_PATIENCE = timedelta(minutes=5)


def note_unmatched(rec: Recorder, command: NoteUnmatched) -> None:
    """Tell at once that money waits, once for each payment."""
    is_new = command.payment_id not in rec.state.unmatched
    rec.emit(
        PaymentUnmatched(
            payment_id=command.payment_id,
            amount=command.amount,
            invoices=command.invoices,
            until=command.until,
        )
    )
    if is_new:
        amount = rec.amount(command.amount)
        waits = r.MoneyWaits(command.payment_id, amount, command.invoices)
        rec.alert(ALERT, Cause(None, waits))


def tell_of_waiting_money(rec: Recorder) -> None:
    """Tell it again of a case that opens while money waits: whoever works it must know."""
    if rec.state.waiting:
        for payment_id, until in rec.state.unmatched.items():
            rec.alert(ALERT, Cause(None, r.PaymentWaits(payment_id, until)))


def put_off_day(rec: Recorder) -> bool:
    """Whether today's run waits for money that the ledger releases at that very instant, since it
    counts before the steps. It waits for the ledger's word some minutes and no longer.
    """
    until = rec.step_time + _PATIENCE
    expects = rec.state.waiting and rec.today in rec.state.unmatched.values()
    if not expects or rec.now >= until:
        return False
    rec.emit(WakeScheduled(at=until, turn_on=rec.state.turn_on, put_off=rec.today))
    return True
