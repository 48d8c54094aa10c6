"""What the model of rules 1 to 4 keeps of an account: its case, its promises and plans, and the
log of what happened.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from services.dunning.policy.model import Step

ONE_DAY = timedelta(days=1)
NINE = time(9)


class Entry(NamedTuple):
    """One line of what happened: the local day, what, and which."""

    on: date
    what: str
    which: str


class Owed(NamedTuple):
    """The figures a notice or a document of a step has to show."""

    step: str
    principal: int
    late_fee: int


@dataclass
class Case:
    opened_on: date
    first_day: date
    gone: set[str] = field(default_factory=set)
    taken: dict[str, date] = field(default_factory=dict)
    last_day: date | None = None
    counts_from: date | None = None
    asking: Step | None = None
    granted: Step | None = None
    replied: bool = False
    done: dict[str, datetime] = field(default_factory=dict)
    tasks: list[str] = field(default_factory=list)


@dataclass
class Promise:
    amount: int
    by: date
    paid: dict[str, int] = field(default_factory=dict)


@dataclass
class Plan:
    id: str
    instalments: list[tuple[date, int]]
    paid: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(amount for _, amount in self.instalments)

    def is_short(self, day: date) -> bool:
        """Whether an instalment due before a day is not covered."""
        due = 0
        for on, amount in sorted(self.instalments):
            due += amount
            if on < day and sum(self.paid.values()) < due:
                return True
        return False
