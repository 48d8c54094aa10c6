"""Cash in the hands of collectors: what they took, what they handed in, and the evening's count.

Every lane keeps a till of the payments it sees; the creditor's home lane has the deposits and
counts all tills together at the end of each local day. Cash counts on the day it is recorded, so
nothing is left out; a reversed payment is taken out of the day it was counted on.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from services.ledger.domain.calendar import ONE_DAY, local_day, zone

DAYS_KEPT = 10
_EVENING = time(23, 59, 59)


class Moved(msgspec.Struct, frozen=True, array_like=True):
    """Cash of one collector on one day, in minor units."""

    collected: int = 0
    deposited: int = 0


class Purse(msgspec.Struct, frozen=True, array_like=True):
    """Cash of one collector: all that ever moved in this till, and the latest days (ISO) apart."""

    collected: int = 0
    deposited: int = 0
    days: dict[str, Moved] = {}


class Till(msgspec.Struct, frozen=True, array_like=True):
    """The till of a creditor in a lane; `closed_through` is the last day the home lane counted.

    `receipts` is the last receipt's number in `year`.
    """

    time_zone: str = ""
    currency: str = ""
    is_home: bool = False
    closed_through: date | None = None
    purses: dict[str, Purse] = {}
    year: int = 0
    receipts: int = 0

    @property
    def is_open(self) -> bool:
        """Whether the creditor keeps a cash desk."""
        return bool(self.time_zone)


class TillOpened(msgspec.Struct, frozen=True, tag="TillOpened"):
    """The creditor keeps a cash desk from a day on."""

    time_zone: str
    currency: str
    is_home: bool
    day: date


class TillShut(msgspec.Struct, frozen=True, tag="TillShut"):
    """The creditor keeps no cash desk any more."""


class CashReceived(msgspec.Struct, frozen=True, tag="CashReceived"):
    """A receipt was made out for cash; its number is unique within the creditor."""

    payment_id: str
    account: str
    amount: int
    day: date
    receipt: str
    currency: str
    collected_by: str | None = None


class CashReversed(msgspec.Struct, frozen=True, tag="CashReversed"):
    """So much cash counts as never received; the receipt is void once all of it does."""

    payment_id: str
    amount: int
    day: date
    collected_by: str | None = None


class CashDeposited(msgspec.Struct, frozen=True, tag="CashDeposited"):
    """A collector handed cash in."""

    collected_by: str
    amount: int
    day: date


class Counted(msgspec.Struct, frozen=True):
    """One collector at the end of a day; `running` is all collected so far less all deposited."""

    collected_by: str
    collected: int
    deposited: int
    running: int


class CashCounted(msgspec.Struct, frozen=True, tag="CashCounted"):
    """A day was closed; `counts` are the collectors whose day or total does not come out even."""

    day: date
    currency: str
    counts: tuple[Counted, ...] = ()


TillEvent = TillOpened | TillShut | CashReceived | CashReversed | CashDeposited | CashCounted


def initial_till(_stream: str) -> Till:
    """A till nobody opened."""
    return Till()


def count_at(till: Till) -> datetime | None:
    """When the home lane next counts: the evening of the day after the last one counted."""
    if not till.is_open or not till.is_home or till.closed_through is None:
        return None
    return _evening(till.time_zone, till.closed_through + ONE_DAY)


def set_desk(
    till: Till, *, keeps: bool, time_zone: str, currency: str, is_home: bool, now: datetime
) -> list[Any]:
    """Open or shut the till as the creditor's terms say; nothing when it is so already."""
    if not keeps:
        return [TillShut()] if till.is_open else []
    known = (till.time_zone, till.currency, till.is_home)
    if known == (time_zone, currency, is_home):
        return []
    return [TillOpened(time_zone, currency, is_home, local_day(time_zone, now))]


def receive(
    till: Till,
    *,
    payment_id: str,
    account: str,
    amount: int,
    collected_by: str | None,
    now: datetime,
    lane: int,
) -> list[Any]:
    """Make out the receipt of a cash payment: the year, the lane's series, the number in it."""
    if not till.is_open:
        return []
    day = local_day(till.time_zone, now)
    number = till.receipts + 1 if till.year == day.year else 1
    return [
        CashReceived(
            payment_id=payment_id,
            account=account,
            amount=amount,
            day=day,
            receipt=f"{day.year}-{lane:02d}-{number:06d}",
            currency=till.currency,
            collected_by=collected_by,
        )
    ]


def take_back(
    till: Till, *, payment_id: str, amount: int, collected_by: str | None, received: datetime
) -> list[Any]:
    """Void the receipt of a reversed cash payment that was recorded at an instant."""
    if not till.is_open:
        return []
    return [CashReversed(payment_id, amount, local_day(till.time_zone, received), collected_by)]


def deposit(till: Till, *, collected_by: str, amount: int, now: datetime) -> list[Any]:
    """Take in what a collector hands in."""
    if not till.is_open:
        return []
    return [CashDeposited(collected_by, amount, local_day(till.time_zone, now))]


def count(till: Till, every: Sequence[Till], now: datetime) -> list[Any]:
    """Close each day whose evening has come, over the tills of all lanes."""
    due = count_at(till)
    if due is None or due > now or till.closed_through is None:
        return []
    events: list[Any] = []
    day = till.closed_through + ONE_DAY
    while _evening(till.time_zone, day) <= now:
        events.append(CashCounted(day, till.currency, _uneven(every, day)))
        day += ONE_DAY
    return events


def standing(tills: Sequence[Till], day: date) -> list[Counted]:
    """Every collector's cash of a day over the tills of all lanes, and their total by its end."""
    names = sorted({name for till in tills for name in till.purses})
    return [_counted(name, [t.purses.get(name, Purse()) for t in tills], day) for name in names]


def _uneven(tills: Sequence[Till], day: date) -> tuple[Counted, ...]:
    return tuple(c for c in standing(tills, day) if c.running or c.collected != c.deposited)


def _counted(name: str, purses: list[Purse], day: date) -> Counted:
    moved = [purse.days.get(day.isoformat(), Moved()) for purse in purses]
    later = [m for purse in purses for d, m in purse.days.items() if d > day.isoformat()]
    running = sum(p.collected - p.deposited for p in purses)
    return Counted(
        name,
        sum(m.collected for m in moved),
        sum(m.deposited for m in moved),
        running - sum(m.collected - m.deposited for m in later),
    )


def _evening(time_zone: str, day: date) -> datetime:
    return datetime.combine(day, _EVENING, zone(time_zone))


def evolve_till(till: Till, event: Any) -> Till:
    """Apply one event."""
    match event:
        case TillOpened():
            before = event.day - ONE_DAY
            return replace(
                till,
                time_zone=event.time_zone,
                currency=event.currency,
                is_home=event.is_home,
                closed_through=max(till.closed_through or before, before),
            )
        case TillShut():
            return replace(till, time_zone="")
        case CashReceived():
            year, _, number = event.receipt.split("-")
            moved = _moved(till, event.collected_by, event.day, event.amount, 0)
            return replace(moved, year=int(year), receipts=int(number))
        case CashReversed():
            return _moved(till, event.collected_by, event.day, -event.amount, 0)
        case CashDeposited():
            return _moved(till, event.collected_by, event.day, 0, event.amount)
        case CashCounted():
            return replace(till, closed_through=event.day)
    return till


def _moved(till: Till, name: str | None, day: date, collected: int, deposited: int) -> Till:
    """Cash that nobody is named for is in nobody's purse."""
    if name is None:
        return till
    purse = till.purses.get(name, Purse())
    key, oldest = day.isoformat(), (day - timedelta(days=DAYS_KEPT)).isoformat()
    before = purse.days.get(key, Moved())
    days = {d: m for d, m in purse.days.items() if d > oldest}
    days[key] = Moved(before.collected + collected, before.deposited + deposited)
    purses: Mapping[str, Purse] = {
        **till.purses,
        name: Purse(purse.collected + collected, purse.deposited + deposited, days),
    }
    return replace(till, purses=dict(purses))
