"""The judges read what the store packed, and take nothing else for it."""

import random

import pytest

from chassis.store.aggregate import Aggregate
from chassis.store.packing import NEWEST, Packing
from tests.chassis.store.test_large_states import MANY, Many
from tests.faults.packed import binary_in, unpacked

EVENT = b'{"type":"ItemOpened","effects":{"day":"2026-03-01"},"item_id":"i1","amount":830000}'


@pytest.mark.parametrize("service", ["ledger", "dunning", "notifier", "legal"])
def test_a_packed_event_is_read(service: str) -> None:
    packing = Packing(service)
    packing.limit(NEWEST)
    packed = packing.pack(EVENT)
    assert packed != EVENT
    assert unpacked(packed) == EVENT
    assert [*binary_in(b"a row \\\\x" + packed.hex().encode())] == [EVENT]


def test_a_large_state_is_read() -> None:
    kept = Aggregate("many", Many, Many, lambda _: Many(), lambda s, _: s).encode_state(MANY)
    assert b"line 1999" not in kept
    assert b"line 1999" in unpacked(kept)


def test_sealed_bytes_are_what_they_are() -> None:
    chance = random.Random(7)
    for number in range(2_000):
        data = bytes((number % 40,)) + chance.randbytes(60)
        assert unpacked(data) == data
