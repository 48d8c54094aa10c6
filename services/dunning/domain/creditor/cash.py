"""What the evening's count of a collector's cash means under the policy."""

from datetime import datetime

from services.dunning.domain.case.events import AlertRaised
from services.dunning.domain.creditor.commands import CountCash
from services.dunning.domain.creditor.events import CreditorEvent
from services.dunning.domain.creditor.state import Creditor
from services.dunning.domain.event import Why, because
from services.dunning.policy.model import Pack
from services.dunning.reasons import values as r


def count_cash(
    state: Creditor, command: CountCash, pack: Pack, now: datetime
) -> list[CreditorEvent]:
    """Raise the pack's alert for a collector who keeps cash (running total), or whose day does not
    come out even (day alone).
    """
    desk = pack.cash_desk
    if desk is None:
        return []

    kept: int | None = None
    if desk.compare == "running_total":
        amiss, kept = command.running > 0, command.running
    else:
        amiss = command.collected != command.deposited
    if not amiss:
        return []
    collected, deposited = (
        r.Amount(minor, state.currency) for minor in (command.collected, command.deposited)
    )
    left = None if kept is None else r.Amount(kept, state.currency)
    reason = r.CashUneven(command.day, collected, deposited, left)
    why = Why(None, None, reason, pack.id, pack.version)
    return [because(AlertRaised(kind=desk.alert, on=command.day), why)]
