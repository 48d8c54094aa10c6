"""Money that waits for an invoice nobody knows (rules of all packs: unknown reference).

It is in the house: while it covers all that is overdue, nobody is cut off, handed on or sued for
want of it.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from contracts.words.late_fee import late_fee_at
from services.dunning.domain.account import Account
from services.dunning.domain.case.acting import raise_alert
from services.dunning.domain.case.conditions import holds
from services.dunning.domain.case.events import WakeScheduled
from services.dunning.domain.localtime import ONE_DAY
from services.dunning.domain.money.commands import NoteUnmatched
from services.dunning.domain.money.events import PaymentUnmatched
from services.dunning.domain.money.owing import overdue
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.actions import Action, Approval, Legal, Refer, Restrict

ALERT = "payment_unmatched"
HELD_BY_MONEY = (Restrict, Refer, Legal)
"""What no step does while the waiting money covers what is overdue."""
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
        names = ", ".join(command.invoices)
        shown = rec.shown(command.amount)
        words = f"{shown} of payment {command.payment_id} wait for unknown {names}"
        raise_alert(rec, ALERT, Cause(None, words))


def tell_of_waiting_money(rec: Recorder) -> None:
    """Tell it again of a case that opens while money waits: whoever works it must know."""
    if rec.state.waiting:
        for payment_id, until in rec.state.unmatched.items():
            words = f"payment {payment_id} waits until {until} for invoices nobody knows"
            raise_alert(rec, ALERT, Cause(None, words))


def put_off_turn(rec: Recorder) -> bool:
    """Whether today's turn waits for money that the ledger releases at that very instant, since it
    counts before the steps. It waits for the ledger's word some minutes and no longer.
    """
    until = rec.step_time + _PATIENCE
    expects = rec.state.waiting and rec.today in rec.state.unmatched.values()
    if not expects or rec.now >= until:
        return False
    rec.emit(WakeScheduled(at=until, turn_on=rec.state.turn_on, put_off=rec.today))
    return True


def is_held(state: Account, actions: Iterable[Action], day: date) -> bool:
    """Whether actions have to wait: one restricts, refers or goes to court, and the money that
    waits covers all that is overdue.
    """
    return bool(state.waiting) and _is_severe(actions, state, day) and covers(state, day)


def covers(state: Account, day: date) -> bool:
    """Whether the waiting money is as much as all that is overdue on a day, late fee included."""
    items = overdue(state, day)
    return state.waiting >= sum(i.principal + late_fee_at(i.accrual, day) for i in items)


def held_until(state: Account, day: date) -> date:
    """The first day from `day` on at which the money waits no longer, or is not enough any more."""
    last = max(state.unmatched.values(), default=day)
    while day < last and covers(state, day):
        day += ONE_DAY
    return day


def _is_severe(actions: Iterable[Action], state: Account, day: date) -> bool:
    return any(
        holds(action.if_, state, day)
        and (
            isinstance(action, HELD_BY_MONEY)
            or (isinstance(action, Approval) and _is_severe(action.then, state, day))
        )
        for action in actions
    )
