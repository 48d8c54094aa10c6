"""Direct debit: what the bank is asked for, what it answers, and a mandate that ends."""

from datetime import datetime

from chassis.errors import Rejected
from services.dunning.domain.account import Account
from services.dunning.domain.case.events import TaskRequested
from services.dunning.domain.localtime import local_day
from services.dunning.domain.money.commands import FailDirectDebit, RecordPayment
from services.dunning.domain.money.events import (
    DirectDebitEnded,
    DirectDebitRequested,
    MandateWithdrawn,
)
from services.dunning.domain.money.owing import disputed_ids, is_unpaid, owed
from services.dunning.domain.money.state import Owed
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.actions import DirectDebit
from services.dunning.policy.facts import MandateFact
from services.dunning.reasons import values as r

_REQUEST = "b"
"""The letter of their ids."""


def request(rec: Recorder, action: DirectDebit, cause: Cause) -> None:
    """Ask the bank for what is to be debited; nothing is asked without a mandate."""
    figures = to_debit(rec)
    if not rec.state.mandate or figures.total <= 0:
        return
    rec.effect(
        DirectDebitRequested(
            request_id=rec.new_id(_REQUEST),
            on=rec.today,
            amount=figures.total,
            currency=figures.currency,
            items=figures.items,
            ledger_version=rec.state.ledger_version,
        ),
        cause,
    )


def names_request(state: Account, name: str) -> bool:
    """Whether an id has the form of this account's requests."""
    return name.startswith(f"{state.code}-{_REQUEST}")


def to_debit(rec: Recorder) -> Owed:
    """Everything open that is neither disputed nor in a plan, due or not (the month's bills are
    debited as they fall due), less what waits on the account and what the bank was asked for and
    has not answered (rules of all packs: credit).
    """
    if rec.state.debit is not None:  # how much it asks for was not kept
        return owed(rec.state, (), rec.today)
    disputed = disputed_ids(rec.state)
    items = [
        item
        for item in rec.state.items.values()
        if is_unpaid(item, rec.today) and not item.in_plan and item.item_id not in disputed
    ]
    running = sum(one.amount for one in rec.state.debits)
    in_order = sorted(items, key=lambda i: (i.due_on, i.item_id))
    return owed(rec.state, in_order, rec.today, less=rec.state.prepaid + running)


# ---- what the bank answers

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


# ---- a mandate that ends: no further debit, and a person is to get a new one

WITHDRAWN = "withdrawn"
_NO_MORE = frozenset(
    {"AC01", "AC04", "AC06", "AC13", "AG01", "MD01", "MD02", "MD06", "MD07", "SL01"}
)
"""Reasons of ISO 20022 (external status reason codes, with which banks answer a debit) that say
more than "not this time": account wrong, closed, blocked or not for debits (AC01 AC04 AC06 AC13
AG01), no mandate or one that lacks something (MD01 MD02), money asked back or debits barred by the
debtor (MD06 SL01), debtor deceased (MD07).
"""


def ends_mandate(reason: str | None) -> bool:
    """Whether nothing can be debited any more after a failure of this reason."""
    return reason is not None and reason.upper() in _NO_MORE


def withdraw(rec: Recorder) -> None:
    """React to a mandate that has ended; where the pack names no reaction finance gets the task to
    reconcile the account with the bank, whatever becomes of the case.
    """
    withdrawn = MandateFact(WITHDRAWN)
    if any(reaction.on.answers(withdrawn) for reaction in rec.pack.reactions):
        rec.react(withdrawn)
        return
    rec.effect(
        TaskRequested(
            task_id=rec.new_id("t"),
            kind="reconcile",
            owner="finance",
            asks=("a new mandate, or another way to pay",),
            on=rec.today,
        ),
        Cause(None, r.MandateEnded(), of_case=False),
    )
