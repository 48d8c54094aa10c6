"""The calculation of a late fee by day segments is the late fee."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts import dunning
from contracts.words.late_fee import half_up
from services.ledger.domain import late_fee
from services.ledger.domain.case_terms import effective
from services.ledger.domain.segments import Segment, segments
from services.ledger.domain.state import Fee, Move, Stop
from services.ledger.domain.terms import Rate, Terms
from tests.ledger.account_book import Book, days, terms
from tests.ledger.conftest import World
from tests.ledger.stories import START, all_terms, play, stories

D = date
later_rates = st.lists(
    st.tuples(st.integers(1, 60), st.sampled_from(["0", "0.003", "0.02"])), max_size=2
)


@settings(max_examples=300, deadline=None)
@given(all_terms, stories, later_rates, st.integers(0, 120))
def test_segments_add_up_to_the_ledgers_figure(
    agreed: Terms, story: Any, changes: list[tuple[int, str]], wait: int
) -> None:
    book = Book(agreed)
    through = days(play(book, story), wait)
    book.at(through)
    held = effective(book.account, book.terms)
    known = dict(sorted(changes))
    more = tuple(Rate(Decimal(rate), days(START, day)) for day, rate in known.items())
    held = replace(held, rates=(*held.rates, *more))
    total = 0
    for item in book.account.items:
        if item.fee is None:
            continue
        found = segments(item.fee, held, through)
        exact = sum((one.amount for one in found), Decimal(0))
        assert exact == late_fee.accrued(item.fee, held, through)
        charged = min(half_up(exact), late_fee.cap(item.fee, held))
        total += max(0, charged - item.fee.paid - item.fee.waived)
        assert_in_order(found, through)
        for one in found:
            expected = 0 if one.stopped else one.per_day * one.principal * one.days
            assert one.amount == expected
    assert total == sum(late_fee.due(item.fee, held, through) for item in book.account.items)


def assert_in_order(found: list[Segment], through: date) -> None:
    """No day stands in two segments, and none comes after the last day."""
    for one, following in pairwise(found):
        assert one.first <= one.last < following.first
    assert not found or found[-1].last <= through


def test_each_change_begins_a_segment_and_overlapping_stops_count_once() -> None:
    held = replace(
        terms(rate="0.01"), rates=(Rate(Decimal("0.01")), Rate(Decimal("0.02"), D(2026, 1, 21)))
    )
    fee = Fee(
        10000,
        D(2026, 1, 1),
        (Move(D(2026, 1, 10), -4000),),
        (
            Stop("dispute d", D(2026, 1, 12), D(2026, 1, 15)),
            Stop("plan p", D(2026, 1, 14), D(2026, 1, 17)),
        ),
    )
    found = segments(fee, held, D(2026, 1, 25))
    shown = [
        (one.first.day, one.last.day, one.principal, int(one.amount), one.stopped) for one in found
    ]
    assert shown == [
        (1, 10, 10000, 1000, None),
        (11, 11, 6000, 60, None),
        (12, 15, 6000, 0, "dispute d"),
        (16, 17, 6000, 0, "plan p"),
        (18, 20, 6000, 180, None),
        (21, 25, 6000, 600, None),
    ]
    assert late_fee.accrued(fee, held, D(2026, 1, 25)) == 1840


async def test_the_calculation_is_given_out_as_of_a_day(world: World) -> None:
    await world.terms(late_fee=dunning.LateFeeTerms(rate_per_day="0.0005"))
    await world.invoice("A", 360000, D(2026, 1, 31))
    await world.invoice("B", 99, D(2026, 2, 28))
    await world.go_to(D(2026, 2, 10))
    await world.pay("P", 160000)
    await world.go_to(D(2026, 3, 1))
    shown = await _late_fees(world, as_of="2026-02-12")
    (first, second) = shown["items"]
    spans = [(one["first"], one["last"], one["principal"]) for one in first["segments"]]
    assert spans == [
        ("2026-02-01", "2026-02-10", 360000),
        ("2026-02-11", "2026-02-12", 200000),
    ]
    assert (first["accrued"], first["late_fee"], first["cap"]) == ("2000.0000", 2000, 360000)
    assert second["segments"] == []
    pages = await _late_fees(world, limit=1)
    assert [one["item_id"] for one in pages["items"]] == ["A"]
    rest = await _late_fees(world, limit=1, cursor=pages["next"])
    assert [one["item_id"] for one in rest["items"]] == ["B"]
    assert rest["next"] is None
    balance = await _got(world, "balance")
    assert balance["late_fee"] == sum(one["late_fee"] for one in [*pages["items"], *rest["items"]])


async def _late_fees(world: World, **query: Any) -> Any:
    return await _got(world, "late-fees", **query)


async def _got(world: World, what: str, **query: Any) -> Any:
    async with world.client("auditor") as client:
        answer: httpx.Response = await client.get(f"/v1/accounts/1/{what}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()
