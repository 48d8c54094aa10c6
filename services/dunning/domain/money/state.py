"""Items, what is owed on them, and what is remembered of the money."""

from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct

from contracts.words.late_fee import Accrual


class Item(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One open item as the ledger last told it: `principal` is what is left, `due_on` the date in
    force.
    """

    item_id: str
    item: str
    amount: int
    principal: int
    due_on: date
    original_due_on: date
    issued_on: date
    accrual: Accrual | None = None
    state: str = "open"
    in_plan: bool = False


class MoneyPart(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Money of a payment that went to one item: principal and late fee together."""

    item_id: str
    amount: int


class Agreement(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The days between which an account may owe; an end left out is open."""

    valid_from: date | None = None
    until: date | None = None

    def covers(self, day: date) -> bool:
        """Whether the agreement is in force on a day."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.until is None or day <= self.until)


class Restart(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A limitation period that began anew on a day; `cause` is what did it: a payment (`amount` is
    what is left of it), a notice, a promise, by id.
    """

    on: date
    cause: str
    amount: int = 0


class Clock(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is remembered of an item's limitation period: its restarts, and for which end each
    stage was told.
    """

    restarts: tuple[Restart, ...] = ()
    told: dict[str, date] = {}


class Recovered(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Money of a payment that went to one item, and the rate (decimal, as text) it earns at."""

    amount: int
    rate: str


class Taken(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Commission taken back on a day."""

    on: date
    amount: int


class Earned(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Commission of one payment; `reversed_on` is when the payment turned out never made.

    `paid` is what is left of the payment, `parts` where it went, in that order; `taken` is what was
    taken back of the commission.
    """

    amount: int
    on: date
    collected_by: bytes
    reversed_on: date | None = None
    paid: int = 0
    parts: tuple[Recovered, ...] = ()
    taken: tuple[Taken, ...] = ()

    @property
    def standing(self) -> int:
        """What still stands of it."""
        return 0 if self.reversed_on else self.amount - sum(one.amount for one in self.taken)


class Unclaimed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a payment earns somebody who is not known yet: the payment, when it was received, and
    where it went.
    """

    paid: int
    received_at: datetime
    parts: tuple[Recovered, ...]


class LateFeeTerms(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Simple late fee a day, its cap, and whether it `starts` when due or once started."""

    rate_per_day: Decimal
    cap_ratio: Decimal
    starts: str


class MoneyTerms(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a case is pinned to of money: due days, order of allocation, late fee."""

    allocation: str
    due_days: int | None = None
    late_fee: LateFeeTerms | None = None


class RunningDebit(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request of a day that the bank has not answered yet."""

    request_id: str
    amount: int
    on: date


class OwedItem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One item as a notice or a document shows it; amounts are those of the day it is requested."""

    item_id: str
    item: str
    due_on: date
    principal: int
    late_fee: int


class Owed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is owed on a day, in minor units: the figures of a notice. It holds no personal data."""

    as_of: date
    currency: str
    principal: int
    late_fee: int
    total: int
    oldest_due_on: date | None = None
    items: tuple[OwedItem, ...] = ()
