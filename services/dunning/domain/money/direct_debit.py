"""Direct debit: what the bank is asked for."""

from services.dunning.domain.account import Account
from services.dunning.domain.money.events import DirectDebitRequested
from services.dunning.domain.money.owing import disputed_ids, is_unpaid, owed
from services.dunning.domain.money.state import Owed
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.actions import DirectDebit

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
