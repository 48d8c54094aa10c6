"""What an event makes of a cash desk."""

from datetime import date, timedelta

from msgspec.structs import replace

from chassis.store.aggregate import unknown_event
from services.ledger.domain.calendar import ONE_DAY
from services.ledger.domain.cash.events import (
    CashCounted,
    CashDeposited,
    CashReceived,
    CashReversed,
    DeskEvent,
    DeskOpened,
    DeskShut,
)
from services.ledger.domain.cash.receipts import number_of_a_lane
from services.ledger.domain.cash.state import CashDesk, Moved, Purse

DAYS_KEPT = 10


def evolve(desk: CashDesk, event: DeskEvent) -> CashDesk:
    """The desk after the event."""
    match event:
        case DeskOpened():
            return _opened(desk, event)
        case DeskShut():
            return replace(desk, time_zone="")
        case CashReceived():
            return _received(desk, event)
        case CashReversed():
            return _moved(desk, event.collected_by, event.day, collected=-event.amount)
        case CashDeposited():
            return _moved(desk, event.collected_by, event.day, deposited=event.amount)
        case CashCounted():
            return replace(desk, closed_through=event.day)
    raise unknown_event(event)


def _opened(desk: CashDesk, event: DeskOpened) -> CashDesk:
    before = event.day - ONE_DAY
    return replace(
        desk,
        time_zone=event.time_zone,
        currency=event.currency,
        is_home=event.is_home,
        closed_through=max(desk.closed_through or before, before),
    )


def _received(desk: CashDesk, event: CashReceived) -> CashDesk:
    moved = _moved(desk, event.collected_by, event.day, collected=event.amount)
    of_lane = number_of_a_lane(event.receipt)
    if of_lane is None:
        return moved
    return replace(moved, year=of_lane.year, receipts=of_lane.number)


def _moved(
    desk: CashDesk, name: str | None, day: date, *, collected: int = 0, deposited: int = 0
) -> CashDesk:
    """Cash that nobody is named for is in nobody's purse."""
    if name is None:
        return desk
    purse = desk.purses.get(name, Purse())
    key, oldest = day.isoformat(), (day - timedelta(days=DAYS_KEPT)).isoformat()
    before = purse.days.get(key, Moved())
    days = {d: m for d, m in purse.days.items() if d > oldest}
    days[key] = Moved(before.collected + collected, before.deposited + deposited)
    after = Purse(purse.collected + collected, purse.deposited + deposited, days)
    return replace(desk, purses={**desk.purses, name: after})
