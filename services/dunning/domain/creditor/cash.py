"""What the evening's count of a collector's cash means under the policy."""

from datetime import datetime

from contracts.words.formats import money
from services.dunning.domain.case.events import AlertRaised
from services.dunning.domain.creditor.commands import CountCash
from services.dunning.domain.creditor.state import Creditor
from services.dunning.domain.events import CreditorEvent
from services.dunning.policy.model import Pack


def count_cash(
    state: Creditor, command: CountCash, pack: Pack, now: datetime
) -> list[CreditorEvent]:
    """Raise the pack's alert for a collector who keeps cash (running total), or whose day does not
    come out even (day alone).
    """
    desk = pack.cash_desk
    if desk is None:
        return []

    def shown(amount: int) -> str:
        return money(amount, state.currency, "en")

    if desk.compare == "running_total":
        amiss, words = command.running > 0, f"{shown(command.running)} not deposited by then"
    else:
        amiss, words = command.collected != command.deposited, "that day alone"
    if not amiss:
        return []
    reason = (
        f"cash of a collector on {command.day}: {shown(command.collected)} received, "
        f"{shown(command.deposited)} deposited, {words}; policy {pack.label}"
    )
    return [
        AlertRaised(
            kind=desk.alert,
            on=command.day,
            reason=reason,
            policy=pack.id,
            policy_version=pack.version,
        )
    ]
