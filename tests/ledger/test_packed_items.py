"""Many open items stay packed: what is spliced, and what is known without looking, is what packing
and unpacking all of them anew would give.
"""

from datetime import date, timedelta
from hashlib import sha256
from random import Random

import msgspec
import pytest
from msgspec.structs import replace

from services.ledger.domain import blocks, state
from services.ledger.domain.state import (
    Item,
    Open,
    holds,
    look,
    order,
    pack,
    pack_behind,
    pack_rest,
    repack,
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


@pytest.mark.parametrize("count", [1, 5, 15, 16, 17, 40, 65, 67, 96, 300])
@pytest.mark.parametrize("reached", [0, 1, 3, 32, 33])
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
    assert packed == pack(before)
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


def test_items_have_the_same_bytes_however_they_came_to_be_open() -> None:
    """A lane that went on with an account and one that folded it anew write the same state."""
    draw, seq = Random(7), 0
    known: list[Item] = []
    packed = pack(known)
    for _ in range(400):
        if draw.random() < 0.7 or not known:
            one = items(seq + 1)[-1]
            packed, seq = pack_behind(packed, one), seq + 1
            known.append(one)
        elif draw.random() < 0.7:
            first = replace(known[0], principal=known[0].principal - 1)
            packed = pack_rest(packed, look(packed), 1, first if draw.random() < 0.5 else None)
            known = look(packed).items[:]
        else:  # anywhere: the blocks of the others stay as they are
            at = draw.randrange(len(known))
            kept = blocks.kept(packed, {blocks.block_of(known[at].seq)})
            known[at : at + 1] = [replace(known[at], principal=7)] if draw.random() < 0.5 else []
            packed = pack(known, kept)
        assert packed == pack(known)
        assert list(look(bytes(bytearray(packed))).items) == known
    assert len(known) > blocks.PLAIN_MAX * 2


def test_an_item_in_a_block_is_found_by_its_id_without_unpacking_all() -> None:
    packed = pack(items(300))
    state._known.clear()
    assert holds(packed, "i150")
    assert not holds(packed, "i300")


def test_what_an_event_has_of_an_account_is_one_array() -> None:
    """So that instances of the version before read it."""
    packed = pack(items(300))
    whole = blocks.unblocked(packed)
    assert [item.seq for item in msgspec.msgpack.decode(whole, type=list[Item])] == [*range(300)]
    assert repack(whole) == packed


def test_what_compresses_writes_the_bytes_it_always_did() -> None:
    """Where this fails after another version of `zstandard` came in, raise the account's revision:
    what is kept has other bytes than what is folded anew.
    """
    assert sha256(pack(items(300))).hexdigest() == (
        "c7ef7175b8bb695a0e190305bb04f6adf8acb5694b15a4a669b7ef0c997b36db"
    )


def test_no_more_is_kept_than_fits() -> None:
    for _ in range(state._KNOWN_MAX + 10):
        look(pack(items(16)))
    assert len(state._known) == state._KNOWN_MAX
