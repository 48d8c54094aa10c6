"""A large state is kept compressed, and is the same state for whoever reads it."""

import msgspec
import pytest

from chassis.store.aggregate import Aggregate
from chassis.store.marked import OtherForm, mark_of


class Many(msgspec.Struct, frozen=True, array_like=True):
    lines: tuple[str, ...] = ()


def aggregate(revision: int = 1) -> Aggregate[Many, Many]:
    return Aggregate("many", Many, Many, lambda _: Many(), lambda s, _: s, revision=revision)


FEW, MANY = Many(("a", "b")), Many(tuple(f"line {number}" for number in range(2_000)))


@pytest.mark.parametrize("revision", [1, 2])
@pytest.mark.parametrize("state", [FEW, MANY])
def test_it_comes_back(revision: int, state: Many) -> None:
    one = aggregate(revision)
    assert one.decode_state(one.encode_state(state)) == state


def test_it_takes_a_part_of_the_room() -> None:
    plain = msgspec.msgpack.encode(MANY)
    assert len(aggregate().encode_state(MANY)) < len(plain) / 4
    assert aggregate().encode_state(FEW) == msgspec.msgpack.encode(FEW)


def test_one_kept_before_is_read() -> None:
    assert aggregate().decode_state(msgspec.msgpack.encode(MANY)) == MANY


def test_one_of_another_revision_is_told_from_a_spoilt_one() -> None:
    large = aggregate(2).encode_state(MANY)
    for other in (1, 3):
        with pytest.raises(OtherForm):
            aggregate(other).decode_state(large)
    with pytest.raises(OtherForm):
        aggregate(2).decode_state(aggregate(1).encode_state(MANY))
    assert large.startswith(mark_of(2))  # by which the store finds those of other revisions
    with pytest.raises(msgspec.DecodeError, match="spoilt") as error:
        aggregate(2).decode_state(large[:-9])
    assert not isinstance(error.value, OtherForm)
