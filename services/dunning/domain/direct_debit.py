"""Direct debit: the bank is asked for what an account owes, and answers with money or a failure."""

from chassis.errors import Rejected
from services.dunning.domain import commands as c
from services.dunning.domain import events as e
from services.dunning.domain.owing import disputed_ids, is_unpaid, owed
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.actions import Action

METHOD = "direct_debit"


def request(rec: Recorder, action: Action, cause: Cause) -> None:
    """Ask the bank for everything open that is neither disputed nor in a plan, due or not: the
    month's bills are debited as they fall due. Nothing is asked without a mandate.
    """
    disputed = disputed_ids(rec.state)
    items = [
        item
        for item in rec.state.items.values()
        if is_unpaid(item, rec.today) and not item.in_plan and item.item_id not in disputed
    ]
    figures = owed(rec.state, sorted(items, key=lambda i: (i.due_on, i.item_id)), rec.today)
    if not rec.state.mandate or figures.total <= 0:
        return
    rec.emit(
        e.DirectDebitRequested(
            request_id=rec.new_id("b"),
            on=rec.today,
            amount=figures.total,
            currency=figures.currency,
            items=figures.items,
            ledger_version=rec.state.ledger_version,
            **rec.why(cause),
        )
    )


def end_with_payment(rec: Recorder, payment_id: str, method: str) -> None:
    """A payment by direct debit answers the request that runs."""
    if method == METHOD and rec.state.debit is not None:
        rec.emit(
            e.DirectDebitEnded(request_id=rec.state.debit, outcome="paid", payment_id=payment_id)
        )


def fail(rec: Recorder, command: c.FailDirectDebit) -> None:
    """The bank could not debit: the latest request, or the one it names, brought nothing."""
    request_id = command.request_id or rec.state.debit
    if request_id is None:
        raise Rejected("the bank was not asked to debit this account")
    rec.emit(e.DirectDebitEnded(request_id=request_id, outcome="failed", reason=command.reason))
