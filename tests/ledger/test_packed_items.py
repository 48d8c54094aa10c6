"""Many open items stay packed: what is spliced is what packing all of them anew would be."""

from datetime import date, timedelta
from random import Random

import pytest
from msgspec.structs import replace

from services.ledger.domain import state
from services.ledger.domain.state import Item, order, pack, pack_behind, pack_rest, unpack

TODAY = date(2026, 3, 1)


def items(count: int, days: Random | None = None) -> list[Item]:
    """So many, due one after the other as they arrived, or in any order."""
    found = []
    for seq in range(count):
        due = TODAY + timedelta(days=seq if days is None else days.randrange(30))
        found.append(Item(f"i{seq}", "fee", 100, 100, TODAY, due, due, seq))
    return found


@pytest.mark.parametrize("count", [1, 5, 15, 16, 17, 40, 300])
@pytest.mark.parametrize("reached", [0, 1, 3])
@pytest.mark.parametrize("is_partly_paid", [False, True])
@pytest.mark.parametrize("any_order", [False, True])
def test_what_money_does_not_reach_is_packed_as_before(
    count: int, reached: int, is_partly_paid: bool, any_order: bool
) -> None:
    packed = pack(items(count, Random(count) if any_order else None))
    ordered = unpack(packed)
    gone = ordered[:reached]
    left = ordered[reached:]
    if is_partly_paid and gone:
        left = (replace(gone[-1], principal=1), *left)
    after = pack_rest(packed, gone, left)
    assert after == pack(left)
    state._unpacked.clear()
    assert unpack(after) == tuple(left)


@pytest.mark.parametrize("due", [-1, 15, 500])
def test_one_more_is_in_its_place(due: int) -> None:
    known = items(40)
    unpack(pack(known))
    due_on = TODAY + timedelta(days=due)
    one = Item("last", "fee", 100, 100, TODAY, due_on, due_on, 40)
    more = pack_behind(pack(known), one)
    assert more == pack([*known, one])
    assert unpack(more) == tuple(sorted([*known, one], key=order))
