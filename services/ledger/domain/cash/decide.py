"""What follows from a command at a cash desk; at a desk that is shut nothing does."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from chassis.errors import Rejected
from contracts.base import AMOUNT_MAX
from services.ledger.domain.calendar import ONE_DAY, local_day
from services.ledger.domain.cash import commands as c
from services.ledger.domain.cash.events import (
    CashCounted,
    CashDeposited,
    CashReceived,
    CashReversed,
    DeskEvent,
    DeskOpened,
    DeskShut,
)
from services.ledger.domain.cash.state import CashDesk, Purse, evening, standing, wake_at


def decide(desk: CashDesk, command: c.DeskCommand, now: datetime) -> list[DeskEvent]:
    """Decide a command; `[]` means there is nothing to do."""
    if not desk.is_open and not isinstance(command, c.SetDesk):
        return []
    return _DECIDERS[type(command)](desk, command, now)


def set_desk(desk: CashDesk, command: c.SetDesk, now: datetime) -> list[DeskEvent]:
    """Open or shut the desk; nothing when it is so already."""
    if not command.keeps:
        return [DeskShut()] if desk.is_open else []
    wanted = (command.time_zone, command.currency, command.is_home)
    if wanted == (desk.time_zone, desk.currency, desk.is_home):
        return []
    return [
        DeskOpened(
            time_zone=command.time_zone,
            currency=command.currency,
            is_home=command.is_home,
            day=local_day(command.time_zone, now),
        )
    ]


def take_cash(desk: CashDesk, command: c.TakeCash, now: datetime) -> list[DeskEvent]:
    """Make out a receipt."""
    _require_bounded(desk, command.collected_by, collected=command.amount)
    return [
        CashReceived(
            payment_id=command.payment_id,
            account=command.account,
            amount=command.amount,
            day=desk.day(now),
            receipt=command.receipt,
            currency=desk.currency,
            collected_by=command.collected_by,
        )
    ]


def take_back(desk: CashDesk, command: c.TakeBack, now: datetime) -> list[DeskEvent]:
    """Take cash that was reversed out of the day it was counted on."""
    return [
        CashReversed(
            payment_id=command.payment_id,
            amount=command.amount,
            day=desk.day(command.received_at),
            collected_by=command.collected_by,
        )
    ]


def take_deposit(desk: CashDesk, command: c.TakeDeposit, now: datetime) -> list[DeskEvent]:
    """Take in what a collector hands in."""
    _require_bounded(desk, command.collected_by, deposited=command.amount)
    return [CashDeposited(command.collected_by, command.amount, desk.day(now))]


def count_cash(desk: CashDesk, command: c.CountCash, now: datetime) -> list[DeskEvent]:
    """Close the days whose evening has come."""
    due = wake_at(desk)
    if due is None or due > now or desk.closed_through is None:
        return []
    events: list[DeskEvent] = []
    day = desk.closed_through + ONE_DAY
    while evening(desk.time_zone, day) <= now:
        uneven = (
            replace(one, code=command.codes.get(one.collected_by))
            for one in standing(command.desks, day)
            if one.running or one.collected != one.deposited
        )
        events.append(CashCounted(day, desk.currency, tuple(uneven)))
        day += ONE_DAY
    return events


def _require_bounded(
    desk: CashDesk, name: str | None, *, collected: int = 0, deposited: int = 0
) -> None:
    """Raise `Rejected` for more cash in one pair of hands than its sums can tell exactly."""
    purse = desk.purses.get(name, Purse()) if name is not None else Purse()
    if max(purse.collected + collected, purse.deposited + deposited) > AMOUNT_MAX:
        raise Rejected(f"the cash of this collector would come to more than {AMOUNT_MAX}")


_DECIDERS: dict[type[c.DeskCommand], Callable[[CashDesk, Any, datetime], list[DeskEvent]]] = {
    c.SetDesk: set_desk,
    c.TakeCash: take_cash,
    c.TakeBack: take_back,
    c.TakeDeposit: take_deposit,
    c.CountCash: count_cash,
}
