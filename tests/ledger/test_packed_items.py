"""Many open items stay packed: what is spliced, and what is known without looking, is what packing
and unpacking all of them anew would give.
"""

from datetime import date, timedelta
from random import Random

import pytest
from msgspec.structs import replace

from services.ledger.domain import state
from services.ledger.domain.state import (
    Item,
    Open,
    holds,
    look,
    order,
    pack,
    pack_behind,
    pack_rest,
)

TODAY = date(2026, 3, 1)


def items(count: int, days: Random | None = None, overdue: int = 0) -> list[Item]:
    """So many, due one after the other as they arrived, or in any order; so many are overdue."""
    found = []
    for seq in range(count):
        due = TODAY + timedelta(days=seq if days is None else days.randrange(30))
        found.append(Item(f"i{seq}", "fee", 100, 100, TODAY, due, due, seq))
    found.sort(key=order)
    found[:overdue] = [replace(item, overdue=True) for item in found[:overdue]]
    return found


def require_known(packed: bytes, found: Open) -> None:
    """What is known of items is what unpacking them says."""
    anew = look(bytes(bytearray(packed)))
    assert packed == pack(found.items)
    for name in Open.__slots__:
        assert getattr(found, name) == getattr(anew, name), name


@pytest.mark.parametrize("count", [1, 5, 15, 16, 17, 40, 300])
@pytest.mark.parametrize("reached", [0, 1, 3])
@pytest.mark.parametrize("is_partly_paid", [False, True])
@pytest.mark.parametrize("any_order", [False, True])
@pytest.mark.parametrize("overdue", [0, 1, 2, 3, 300])
def test_what_money_does_not_reach_is_packed_as_before(
    count: int, reached: int, is_partly_paid: bool, any_order: bool, overdue: int
) -> None:
    packed = pack(items(count, Random(count) if any_order else None, overdue))
    found = look(packed)
    before, gone = list(found.items), found.items[:reached]
    first = replace(gone[-1], principal=1) if is_partly_paid and gone else None
    after = pack_rest(packed, found, len(gone), first)
    assert found.items == [*([] if first is None else [first]), *before[reached:]]
    require_known(after, look(after))
    assert look(packed).items == before


@pytest.mark.parametrize("due", [-1, 1, 15, 500])
@pytest.mark.parametrize("overdue", [0, 2, 15, 40])
@pytest.mark.parametrize("is_overdue", [False, True])
def test_one_more_is_in_its_place(due: int, overdue: int, is_overdue: bool) -> None:
    known = items(40, overdue=overdue)
    packed, due_on = pack(known), TODAY + timedelta(days=due)
    found = look(packed)
    one = Item("last", "fee", 100, 100, TODAY, due_on, due_on, 40, is_overdue)
    more = pack_behind(packed, one)
    assert look(more) is found  # without unpacking
    assert found.items == sorted([*known, one], key=order)
    assert holds(more, "last")
    assert not holds(packed, "last")
    require_known(more, found)


@pytest.mark.parametrize("change", [{"disputes": ("d1",)}, {"principal": 0}])
def test_one_that_is_not_plain_shows(change: dict[str, object]) -> None:
    packed, one = pack(items(40)), replace(items(41)[-1], **change)
    assert look(packed).is_plain
    assert not look(pack_behind(packed, one)).is_plain
    assert not look(pack([*items(40), one])).is_plain


def test_no_more_is_kept_than_fits() -> None:
    for _ in range(state._KNOWN_MAX + 10):
        look(pack(items(16)))
    assert len(state._known) == state._KNOWN_MAX
