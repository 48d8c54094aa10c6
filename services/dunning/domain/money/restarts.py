"""What restarts limitation periods."""

from collections.abc import Iterable
from datetime import date

from services.dunning.domain.localtime import local_day
from services.dunning.domain.money.clocks import ends_on
from services.dunning.domain.money.commands import RecordPayment
from services.dunning.domain.money.events import LimitationRestarted
from services.dunning.domain.money.owing import past_due
from services.dunning.domain.recorder import Recorder

REACHED = frozenset({"delivered", "signed"})
"""Fates of a notice that mean that it reached the debtor."""


def restart_by_payment(rec: Recorder, command: RecordPayment) -> None:
    """A part payment restarts the period of each item it went to; allocated anew, of those it goes
    to now.
    """
    rules = rec.pack.limitation
    if rules is None or "part_payment" not in rules.restarted_by:
        return
    on = local_day(command.received_at, rec.zone)
    ids = _running(rec, (part.item_id for part in command.parts), on)
    cause = command.payment_id
    before = {
        key
        for key, clock in rec.state.clocks.items()
        if any(restart.cause == cause for restart in clock.restarts)
    }
    if before != set(ids):
        rec.emit(LimitationRestarted(item_ids=ids, on=on, cause=cause, amount=command.amount))


def restart_by_delivery(rec: Recorder, notice_id: str, result: str) -> None:
    """A demand that reached the debtor restarts what it demanded, unless its period was over."""
    rules = rec.pack.limitation
    if rules is None or result not in REACHED:
        return
    running = _running(rec, rec.state.demands.get(notice_id, ()), rec.today)
    if running:
        rec.emit(LimitationRestarted(item_ids=running, on=rec.today, cause=notice_id))


def restart_by_promise(rec: Recorder, promise_id: str) -> None:
    """A promise acknowledges everything past due whose period is not over."""
    rules = rec.pack.limitation
    if rules is None or "promise" not in rules.restarted_by:
        return
    due = (item.item_id for item in past_due(rec.state, rec.today))
    ids = _running(rec, due, rec.today)
    if ids:
        rec.emit(LimitationRestarted(item_ids=ids, on=rec.today, cause=promise_id))


def _running(rec: Recorder, ids: Iterable[str], on: date) -> tuple[str, ...]:
    """Those of some items whose period is not over on a day: an expired one is not restarted."""
    rules = rec.pack.limitation
    if rules is None:
        return ()
    items = rec.state.items
    return tuple(
        item_id
        for item_id in ids
        if item_id not in items
        or ends_on(rec.state, item_id, items[item_id].due_on, rules.years) >= on
    )
