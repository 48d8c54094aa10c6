"""A late fee's calculation, as it is put before a court: spans of days with one principal, one rate
and one reason.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Context, Decimal

import msgspec

from services.ledger.domain.calendar import ONE_DAY
from services.ledger.domain.late_fee import levels, rated
from services.ledger.domain.state import Fee, Stop
from services.ledger.domain.terms import Terms

_EXACT = Context(prec=60)


class Segment(msgspec.Struct, frozen=True):
    """Days from `first` to `last`, both counted. `amount` is exact; days that do not count have
    none, and the cause of it.
    """

    first: date
    last: date
    principal: int
    per_day: Decimal
    amount: Decimal
    stopped: str | None = None

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1


def segments(fee: Fee | None, terms: Terms, through: date) -> list[Segment]:
    """The calculation through a day; the amounts add up to what has accrued, before the cap and
    before it is rounded.
    """
    if fee is None or fee.bears_from is None or through < fee.bears_from:
        return []
    return [
        _segment(begin, end, principal, per_day, stop)
        for first, last, per_day in rated(terms, fee.bears_from, through)
        for level_first, level_last, principal in levels(fee, first, last)
        for begin, end, stop in _spans(fee.stops, level_first, level_last)
        if principal
    ]


def _segment(
    first: date, last: date, principal: int, per_day: Decimal, stop: Stop | None
) -> Segment:
    if stop is not None:
        return Segment(first, last, principal, per_day, Decimal(0), stop.cause)
    days = (last - first).days + 1
    amount = _EXACT.multiply(per_day, Decimal(principal * days))
    return Segment(first, last, principal, per_day, amount)


def _spans(
    stops: Sequence[Stop], first: date, last: date
) -> Iterator[tuple[date, date, Stop | None]]:
    """The days first…last cut where stops begin and end; of stops that overlap the earlier one is
    the reason.
    """
    begin = first
    for stop in sorted(stops, key=lambda stop: stop.first):
        starts = max(stop.first, begin)
        ends = last if stop.last is None else min(stop.last, last)
        if starts > ends:
            continue
        if begin < starts:
            yield begin, starts - ONE_DAY, None
        yield starts, ends, stop
        begin = ends + ONE_DAY
    if begin <= last:
        yield begin, last, None
