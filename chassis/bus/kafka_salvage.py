"""Reading on where aiokafka cannot: around a batch whose codec or bytes it refuses.

The client stops at such a batch for good. Here the partition's next bytes are asked for by hand and
read as far as they can be; the batch that cannot be read becomes one `Unreadable`.
"""

import struct
from struct import unpack_from
from typing import Any, NamedTuple

from aiokafka import TopicPartition, errors
from aiokafka.client import AIOKafkaClient
from aiokafka.consumer.fetcher import READ_COMMITTED, PartitionRecords
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.record.memory_records import MemoryRecords

from chassis.bus.base import Record, Unreadable

_WAIT_MS = 100
_VERSION_WITH_REPLICA = 11  # from here the answer names a read replica behind the aborted ones
_OVERHEAD = 12  # bytes of base offset and length, before what the length counts
_MAGIC, _ATTRIBUTES, _LAST_DELTA = 16, 21, 23  # places in a batch's header, from version 2 on
_HEADER = 61
_CODECS = ("no codec", "gzip", "snappy", "lz4", "zstd")
_KEPT_BYTES = 256 * 1024

NOT_READABLE = (errors.CorruptRecordException, errors.UnsupportedCodecError)
"""Errors of the client that speak of the bytes, not of the broker."""


class Chunk(NamedTuple):
    """What a broker has from an offset on: whole batches, the last perhaps cut."""

    at: TopicPartition
    offset: int
    end: int
    aborted: Any
    value: bytes


async def fetch_chunk(
    client: AIOKafkaClient, at: TopicPartition, offset: int, bytes_max: int
) -> Chunk:
    """Ask the partition's leader; raises the broker's error."""
    where = [(at.topic, [(at.partition, offset, bytes_max)])]
    request = FetchRequest(_WAIT_MS, 1, bytes_max, READ_COMMITTED, where)
    node = client.cluster.leader_for_partition(at)
    if node is None or node == -1:
        raise errors.LeaderNotAvailableError(at)
    response: Any = await client.send(node, request)
    _, code, end, *rest = response.topics[0][1][0]
    if code:
        raise errors.for_code(code)(at)
    aborted = rest[-3] if response.API_VERSION >= _VERSION_WITH_REPLICA else rest[-2]
    return Chunk(at, offset, end, aborted, rest[-1] or b"")


def read_chunk(chunk: Chunk, records_max: int) -> list[Record]:
    """The records of a chunk up to what cannot be read; only that, when it comes first."""
    reading = PartitionRecords(
        chunk.at,
        MemoryRecords(chunk.value),
        chunk.aborted,
        chunk.offset,
        key_deserializer=None,
        value_deserializer=None,
        check_crcs=True,
        isolation_level=READ_COMMITTED,
    )
    records: list[Record] = []
    try:
        while len(records) < records_max:
            records.append(next(reading))
    except StopIteration:
        return records
    # whatever decompressing and parsing foreign bytes may raise
    except Exception as error:  # noqa: BLE001
        return records or [_unreadable(chunk, max(chunk.offset, reading.next_fetch_offset), error)]
    return records


def _unreadable(chunk: Chunk, offset: int, error: Exception) -> Unreadable:
    start, end, last = _batch_at(chunk, offset)
    last = max(offset, min(last, chunk.end - 1))
    raw = chunk.value[start:end]
    named = f"offset {offset}" if last == offset else f"offsets {offset} to {last}"
    reason = f"what is at {named} cannot be read ({_codec(raw)}, {type(error).__name__})"
    return Unreadable(chunk.at.topic, chunk.at.partition, offset, last, raw[:_KEPT_BYTES], reason)


def _batch_at(chunk: Chunk, offset: int) -> tuple[int, int, int]:
    """Where the batch with an offset begins and ends, and its last offset."""
    value, start = chunk.value, 0
    while start + _HEADER <= len(value):
        base, length = unpack_from(">qi", value, start)
        end = start + _OVERHEAD + length
        last = base + max(0, unpack_from(">i", value, start + _LAST_DELTA)[0])
        if length < 0 or last >= offset:
            return start, max(start, end), last
        start = end
    return 0, len(value), offset


def _codec(raw: bytes) -> str:
    try:
        number = unpack_from(">h", raw, _ATTRIBUTES)[0] & 7
    except struct.error:
        return "cut off"
    return _CODECS[number] if number < len(_CODECS) else f"codec {number}"
