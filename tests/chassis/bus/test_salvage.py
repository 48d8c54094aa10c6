"""Bytes that a broker would hand out and aiokafka refuses."""

import pytest
from aiokafka import TopicPartition

from chassis.bus.base import Record, Unreadable
from chassis.bus.kafka_salvage import Chunk, read_chunk
from tests.chassis.bus.raw_kafka import (
    CODECS,
    batch,
    sealed,
    with_broken_checksum,
    with_broken_payload,
    with_codec,
)

AT = TopicPartition("billing", 2)
TWO = [b"one" * 100, b"two" * 100]


def read(value: bytes, offset: int, records_max: int = 100) -> list[Record]:
    return read_chunk(Chunk(AT, offset, 1000, None, value), records_max)


@pytest.mark.parametrize("codec", CODECS)
def test_whole_batches_are_read_from_any_offset(codec: str) -> None:
    value = sealed(batch(TWO, codec), 5) + sealed(batch(TWO, codec), 7)
    assert [record.offset for record in read(value, 5)] == [5, 6, 7, 8]
    assert [record.value for record in read(value, 6)] == [TWO[1], *TWO]
    assert len(read(value, 5, 3)) == 3


BROKEN = {
    "an unknown codec": (with_codec(TWO, 7, 10), "codec 7"),
    "gzip that is none": (with_codec(TWO, 1, 10), "gzip"),
    **{codec: (with_broken_payload(TWO, codec, 10), codec) for codec in CODECS[1:]},
    "a checksum": (with_broken_checksum(TWO, 10), "CorruptRecordException"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_batch_is_one_record_that_says_where_and_why(name: str) -> None:
    broken, said = BROKEN[name]
    behind = sealed(batch(TWO), 12)
    value = broken + behind  # brokers begin with the batch that holds the offset
    assert [record.offset for record in read(sealed(batch(TWO), 8) + value, 8)] == [8, 9]
    for offset in (10, 11):
        (bad,) = read(value, offset)
        assert isinstance(bad, Unreadable)
        assert (bad.topic, bad.partition, bad.offset, bad.last) == ("billing", 2, offset, 11)
        assert said in bad.reason
        assert bad.value == broken
    assert [record.offset for record in read(behind, 12)] == [12, 13]


def test_a_batch_that_lies_about_its_length_skips_no_more_than_there_is() -> None:
    broken = bytearray(with_codec(TWO, 7, 10))
    broken[23:27] = b"\x7f\xff\xff\xff"
    (bad,) = read_chunk(Chunk(AT, 10, 12, None, sealed(broken, 10)), 5)
    assert isinstance(bad, Unreadable)
    assert bad.last == 11
