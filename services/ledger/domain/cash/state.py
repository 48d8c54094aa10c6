"""What a cash desk's stream holds, and how its collectors stand."""

from collections.abc import Sequence
from datetime import date, datetime, time

import msgspec

from services.ledger.domain.calendar import ONE_DAY, local_day, zone
from services.ledger.domain.cash.events import Counted

_EVENING = time(23, 59, 59)


class Moved(msgspec.Struct, frozen=True, array_like=True):
    """Cash of one collector on one day, in minor units."""

    collected: int = 0
    deposited: int = 0


class Purse(msgspec.Struct, frozen=True, array_like=True):
    """Cash of one collector: all that ever moved at this desk, and the latest days (ISO) apart."""

    collected: int = 0
    deposited: int = 0
    days: dict[str, Moved] = {}


class CashDesk(msgspec.Struct, frozen=True, array_like=True):
    """A creditor's cash desk in a lane; `closed_through` is the last day the home lane counted.

    `receipts` is the last number this lane gave in `year`, from when each lane had a series of its
    own.
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

    def day(self, now: datetime) -> date:
        """The local day of an instant; the desk must be open."""
        return local_day(self.time_zone, now)


def initial(_stream: str) -> CashDesk:
    """A desk nobody opened."""
    return CashDesk()


def wake_at(desk: CashDesk) -> datetime | None:
    """When the home lane next counts: the evening of the day after the last one counted."""
    if not desk.is_open or not desk.is_home or desk.closed_through is None:
        return None
    return evening(desk.time_zone, desk.closed_through + ONE_DAY)


def evening(time_zone: str, day: date) -> datetime:
    """The instant at which a local day is counted."""
    return datetime.combine(day, _EVENING, zone(time_zone))


def standing(desks: Sequence[CashDesk], day: date) -> list[Counted]:
    """Every collector's cash of a day over the desks of all lanes, and their total by its end."""
    names = sorted({name for desk in desks for name in desk.purses})
    return [_counted(name, [d.purses.get(name, Purse()) for d in desks], day) for name in names]


def _counted(name: str, purses: list[Purse], day: date) -> Counted:
    moved = [purse.days.get(day.isoformat(), Moved()) for purse in purses]
    later = [m for purse in purses for d, m in purse.days.items() if d > day.isoformat()]
    running = sum(p.collected - p.deposited for p in purses)
    return Counted(
        collected_by=name,
        collected=sum(m.collected for m in moved),
        deposited=sum(m.deposited for m in moved),
        running=running - sum(m.collected - m.deposited for m in later),
    )
