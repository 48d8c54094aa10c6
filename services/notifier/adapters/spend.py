"""What a gateway may cost in a day: what was spent is counted in the store, and what this process
adds to it is known here at once.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.notifier.domain.charges import Charge


@dataclass
class Cap:
    """`per_day` minor units in a local day of `zone`; 0 is no limit. `units` says how often a text
    costs `price`, `reached` on which day the limit last stopped something.
    """

    gateway: str
    price: int
    per_day: int
    zone: ZoneInfo
    units: Callable[[str], int]
    spent: dict[date, int] = field(default_factory=dict)
    reached: date | None = None

    def charge(self, text: str, now: datetime) -> Charge:
        """What sending a text costs."""
        return Charge(self.gateway, self.day(now), self.price * self.units(text))

    def day(self, now: datetime) -> date:
        """The local day that money is counted in."""
        return now.astimezone(self.zone).date()

    def blocked_until(self, now: datetime, amount: int) -> datetime | None:
        """When so much may be spent again; `None` when it may be now."""
        day = self.day(now)
        if not self.per_day or self.spent.get(day, 0) + amount <= self.per_day:
            return None
        self.reached = day
        return self.next_day(now)

    def next_day(self, now: datetime) -> datetime:
        """When the next local day begins."""
        after = self.day(now) + timedelta(days=1)
        return datetime.combine(after, time(), self.zone).astimezone(UTC)

    def learn(self, day: date, spent: int) -> None:
        """Hear what the store has counted, which may be behind what this process knows."""
        for past in [one for one in self.spent if one < day]:
            del self.spent[past]
        self.spent[day] = max(self.spent.get(day, 0), spent)

    def add(self, charge: Charge) -> None:
        """Count what is about to be spent."""
        self.spent[charge.day] = self.spent.get(charge.day, 0) + charge.amount

    def give_back(self, charge: Charge) -> None:
        """Forget what was not spent after all."""
        self.spent[charge.day] = max(0, self.spent.get(charge.day, 0) - charge.amount)
