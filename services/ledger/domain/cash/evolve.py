"""What an event makes of a cash desk."""

from datetime import date, timedelta

from msgspec.structs import replace

from chassis.store.aggregate import evolver
from services.ledger.domain.calendar import ONE_DAY
from services.ledger.domain.cash.events import (
    CashCounted,
    CashDeposited,
    CashReceived,
    CashReversed,
    DeskOpened,
    DeskShut,
)
from services.ledger.domain.cash.receipts import number_of_a_lane
from services.ledger.domain.cash.state import CashDesk, Moved, Purse

DAYS_KEPT = 10


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


evolve = evolver(
    {
        DeskOpened: _opened,
        DeskShut: lambda desk, _event: replace(desk, time_zone=""),
        CashReceived: _received,
        CashReversed: lambda desk, event: _moved(
            desk, event.collected_by, event.day, collected=-event.amount
        ),
        CashDeposited: lambda desk, event: _moved(
            desk, event.collected_by, event.day, deposited=event.amount
        ),
        CashCounted: lambda desk, event: replace(desk, closed_through=event.day),
    }
)
"""The desk after an event."""
