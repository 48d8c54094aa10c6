import pytest
from aiokafka.partitioner import DefaultPartitioner, murmur2
from hypothesis import given
from hypothesis import strategies as st

from chassis.bus.base import lane_of

# Computed with aiokafka's DefaultPartitioner over 4 and 12 partitions.
VECTORS = [
    (b"", 1, 9),
    (b"a", 0, 4),
    (b"ab", 2, 2),
    (b"abc", 3, 3),
    (b"acme/*", 1, 1),
    (b"acme/1001", 1, 1),
    (b"acme/1002", 3, 7),
    (b"\xe5\x88\x9b/1001", 3, 7),
    (b"\xff\x80\x00\x01\xfe", 0, 8),
]


@pytest.mark.parametrize(("key", "of_4", "of_12"), VECTORS)
def test_a_key_has_the_lane_kafkas_producers_choose(key: bytes, of_4: int, of_12: int) -> None:
    assert lane_of(key, 4) == of_4
    assert lane_of(key, 12) == of_12


@given(st.binary(max_size=80), st.integers(1, 64))
def test_every_key_has_the_lane_of_the_default_partitioner(key: bytes, partitions: int) -> None:
    every = list(range(partitions))
    assert lane_of(key, partitions) == DefaultPartitioner()(key, every, every)


def test_a_hash_with_the_sign_bit_is_taken_as_kafka_takes_it() -> None:
    key = next(b"%d" % n for n in range(100) if murmur2(b"%d" % n) & 0x80000000)
    assert lane_of(key, 7) == (murmur2(key) & 0x7FFFFFFF) % 7
