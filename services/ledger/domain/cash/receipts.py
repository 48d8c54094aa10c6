"""The numbers of a creditor's receipts: one series a month, over all lanes, without gaps.

The series is a stream of its own, written in the transaction that records the cash. Two lanes that
take the same number write the same version of it: one of them is first, the other tries again. What
is rolled back leaves no gap, since its number was never stored.
"""

import re
from datetime import date, timedelta
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from chassis.store.aggregate import unknown_event

GAP = 10_000
"""How many numbers are left out: more than anybody gives between two backups."""
_OF_A_LANE = re.compile(r"([0-9]{4})-[0-9]{2,}-([0-9]{6,})")


class ReceiptNumbered(msgspec.Struct, frozen=True, tag="ReceiptNumbered"):
    """A payment's receipt took the next number of its month (`2026-11`)."""

    month: str
    number: int
    payment_id: str


class Series(msgspec.Struct, frozen=True, array_like=True):
    """The last number of each month."""

    last: dict[str, int] = {}


class NumberReceipt(msgspec.Struct, frozen=True):
    """Number the receipt of a cash payment made on a local day."""

    payment_id: str
    day: date


class OfLane(NamedTuple):
    """A number from when each lane had a series of its own, by the year."""

    year: int
    number: int


def initial(_stream: str) -> Series:
    """A series without a number."""
    return Series()


def decide(series: Series, command: NumberReceipt) -> list[ReceiptNumbered]:
    """Take the next number of the month."""
    month = f"{command.day:%Y-%m}"
    return [ReceiptNumbered(month, series.last.get(month, 0) + 1, command.payment_id)]


def leave_out(series: Series, first: date, last: date) -> list[ReceiptNumbered]:
    """Leave a gap in each month from one day to another: numbers of these may have been given and
    are not known any more. No payment has the last of a gap.
    """
    months = {f"{first + timedelta(days=number):%Y-%m}" for number in range((last - first).days)}
    return [
        ReceiptNumbered(month, series.last.get(month, 0) + GAP, "")
        for month in sorted(months | {f"{last:%Y-%m}"})
    ]


def evolve(series: Series, event: ReceiptNumbered) -> Series:
    """The series after a number, in whatever order they come: its events stand in several lanes,
    and a rebuild reads one lane after the other.
    """
    if not isinstance(event, ReceiptNumbered):
        raise unknown_event(event)
    highest = max(event.number, series.last.get(event.month, 0))
    return replace(series, last={**series.last, event.month: highest})


def receipt_of(event: ReceiptNumbered) -> str:
    """The number as a receipt shows it: `202611-000042`.

    None of those from before has this form, so that none is given twice.
    """
    return f"{event.month.replace('-', '')}-{event.number:06d}"


def number_of_a_lane(receipt: str) -> OfLane | None:
    """What a receipt says that a lane numbered by itself (`2026-01-000042`: year, lane, number)."""
    found = _OF_A_LANE.fullmatch(receipt)
    return None if found is None else OfLane(int(found[1]), int(found[2]))
