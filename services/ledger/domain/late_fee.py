"""The late fee as a function of the day: nothing is written for a day on which nothing happens.

Simple interest per day on the principal left at the start of the day, exact, rounded half-up per
item when shown or paid.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Context, Decimal

import msgspec

from contracts.base import AMOUNT_MAX
from contracts.words.late_fee import half_up, late_fee_at
from services.ledger.domain.calendar import ONE_DAY, next_day
from services.ledger.domain.state import Fee, Item, Move, Stop
from services.ledger.domain.terms import Terms

_EXACT = Context(prec=60)
_ZERO = Decimal(0)


class Accrual(msgspec.Struct, frozen=True, array_like=True):
    """An item's late fee from `through` on: `accrued` up to and including that day, `per_day` for
    each day after it.
    """

    through: date
    accrued: Decimal
    per_day: Decimal
    cap: int
    settled: int

    def at(self, day: date) -> int:
        """What is due on a day, rounded, after what was paid or waived."""
        return late_fee_at(self, day)


def cap(fee: Fee, terms: Terms) -> int:
    """The most an item's late fee can come to."""
    if terms.cap_ratio == 1:
        return fee.base
    return min(AMOUNT_MAX, half_up(_EXACT.multiply(Decimal(fee.base), terms.cap_ratio)))


def charged(fee: Fee | None, terms: Terms, day: date) -> int:
    """The late fee borne through a day, rounded and capped, paid or not."""
    if fee is None:
        return 0
    return min(cap(fee, terms), half_up(accrued(fee, terms, day)))


def due(fee: Fee | None, terms: Terms, day: date) -> int:
    """The late fee owed on a day."""
    return 0 if fee is None else max(0, charged(fee, terms, day) - fee.paid - fee.waived)


def accrued(fee: Fee, terms: Terms, through: date) -> Decimal:
    """The exact fee of all days up to and including `through`, not capped."""
    if fee.bears_from is None or through < fee.bears_from:
        return _ZERO
    total = _ZERO
    for first, last, per_day in rated(terms, fee.bears_from, through):
        if fee.moves or fee.stops:
            principal_days = sum(
                principal * _bearing_days(fee.stops, begin, end)
                for begin, end, principal in levels(fee, first, last)
            )
        else:
            principal_days = fee.base * ((last - first).days + 1)
        total = _EXACT.add(total, _EXACT.multiply(per_day, Decimal(principal_days)))
    return total


def project(item: Item, terms: Terms, today: date) -> Accrual | None:
    """The fee as others can compute it for any later day on which nothing more has happened."""
    fee = item.fee
    if fee is None:
        return None
    through = today
    if fee.bears_from is not None:
        through = max(today, fee.bears_from - ONE_DAY)
    for stop in fee.stops:
        if stop.last is not None and stop.first <= next_day(through):
            through = max(through, stop.last)
    runs = item.status == "open" and fee.bears_from is not None
    runs = runs and not any(stop.last is None for stop in fee.stops)
    per_day = _EXACT.multiply(terms.rates[-1].per_day, Decimal(item.principal)) if runs else _ZERO
    settled = fee.paid + fee.waived
    return Accrual(
        through=through,
        accrued=accrued(fee, terms, through),
        per_day=per_day,
        cap=cap(fee, terms),
        settled=settled,
    )


def principal_at(fee: Fee, day: date) -> int:
    """The principal left at the start of a day."""
    return max(0, fee.base + sum(move.change for move in fee.moves if move.day < day))


def moved(fee: Fee, day: date, change: int, *, note: bool = False) -> Fee:
    """The fee's facts after a change of principal recorded on a day."""
    if not change:
        return fee
    moves = sorted((*fee.moves, Move(day, change, note)), key=lambda move: move.day)
    return msgspec.structs.replace(fee, moves=tuple(moves))


def lowered(fee: Fee, amount: int) -> Fee:
    """The fee's facts when a decision gives the item an amount from the beginning.

    Credit notes are absorbed. What debit notes raised the amount by is taken back first, the latest
    first: before them no more was owed than the rest.
    """
    raised = sum(move.change for move in fee.moves if move.note and move.change > 0)
    left = max(0, fee.base + raised - amount)
    moves = []
    for move in reversed(fee.moves):
        if not move.note:
            moves.append(move)
        elif move.change > 0:
            part = min(left, move.change)
            left -= part
            if part < move.change:
                moves.append(Move(move.day, move.change - part, note=True))
    return msgspec.structs.replace(fee, base=fee.base - left, moves=tuple(reversed(moves)))


def stopped(fee: Fee, cause: str, first: date, last: date | None = None) -> Fee:
    """The fee's facts with days from `first` on that bear none."""
    return msgspec.structs.replace(fee, stops=(*fee.stops, Stop(cause, first, last)))


def resumed(fee: Fee, cause: str, last: date) -> Fee:
    """The fee's facts after the cause of a stop ended on the day `last`, which bears none yet."""
    stops = (
        Stop(stop.cause, stop.first, last)
        if stop.cause == cause and (stop.last is None or stop.last > last)
        else stop
        for stop in fee.stops
    )
    kept = tuple(stop for stop in stops if stop.last is None or stop.first <= stop.last)
    return msgspec.structs.replace(fee, stops=kept)


def reopened(fee: Fee, cause: str) -> Fee:
    """The fee's facts when the cause of a stop turns out to have gone on all the time."""
    stops = tuple(
        Stop(stop.cause, stop.first) if stop.cause == cause else stop for stop in fee.stops
    )
    return msgspec.structs.replace(fee, stops=stops)


def rated(terms: Terms, first: date, last: date) -> Iterator[tuple[date, date, Decimal]]:
    """The spans of days with one rate."""
    for index, rate in enumerate(terms.rates):
        begin = first if rate.from_day is None else max(first, rate.from_day)
        following = terms.rates[index + 1].from_day if index + 1 < len(terms.rates) else None
        end = last if following is None else min(last, following - ONE_DAY)
        if begin <= end and rate.per_day:
            yield begin, end, rate.per_day


def levels(fee: Fee, first: date, last: date) -> Iterator[tuple[date, date, int]]:
    """The spans of days with one principal at their start."""
    begin = first
    for move in fee.moves:
        if first <= move.day < last and begin <= move.day:
            yield begin, move.day, principal_at(fee, begin)
            begin = next_day(move.day)
    yield begin, last, principal_at(fee, begin)


def _bearing_days(stops: tuple[Stop, ...], first: date, last: date) -> int:
    """How many of the days first…last no stop covers; stops may overlap."""
    bearing = (last - first).days + 1
    covered_to = first - ONE_DAY
    for stop in sorted(stops, key=lambda stop: stop.first):
        begin = max(stop.first, covered_to + ONE_DAY)
        end = last if stop.last is None else min(stop.last, last)
        if begin <= end:
            bearing -= (end - begin).days + 1
            covered_to = end
    return bearing
