"""Batches of records as bytes, whole and broken, and a way to a broker that asks no producer."""

import asyncio
import struct
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
_CRC, _ATTRIBUTES, _BASE, _BODY = 17, 21, 0, 61
NOT_UTF8 = b"\xff\xfe\xff\xfe"
_STAND_IN = "@@@@"
_NO_LEADER_YET = (3, 5, 6)
"""What a broker answers for a topic that was made a moment ago."""
_TRIES, _PAUSE_SECONDS = 100, 0.1


def batch(values: list[bytes], codec: str = "none", *, key: bytes = b"acme/1001") -> bytearray:
    """One batch of version 2 as a producer sends it; with a header whose name can be replaced."""
    builder = DefaultRecordBatchBuilder(2, CODECS.index(codec), 0, -1, -1, -1, 1 << 20)
    for number, value in enumerate(values):
        assert builder.append(number, 1, key, value, [(_STAND_IN, b"x")])
    return bytearray(builder.build())


def sealed(raw: bytearray, offset: int = 0) -> bytes:
    """A batch at an offset with the checksum of what it has become."""
    struct.pack_into(">q", raw, _BASE, offset)
    struct.pack_into(">I", raw, _CRC, calc_crc32c(bytes(raw[_ATTRIBUTES:])))
    return bytes(raw)


def with_a_header_that_is_no_text(values: list[bytes]) -> bytes:
    """What a broker takes and aiokafka cannot read."""
    raw = batch(values)
    return sealed(raw.replace(_STAND_IN.encode(), NOT_UTF8))


def with_codec(values: list[bytes], number: int, offset: int = 0) -> bytes:
    """What says to be compressed with another codec than it is."""
    raw = batch(values)
    struct.pack_into(">h", raw, _ATTRIBUTES, number)
    return sealed(raw, offset)


def with_broken_payload(values: list[bytes], codec: str, offset: int = 0) -> bytes:
    """What was damaged after it was compressed."""
    raw = batch(values, codec)
    raw[_BODY + 4 :] = bytes(255 - byte for byte in raw[_BODY + 4 :])
    return sealed(raw, offset)


def with_broken_checksum(values: list[bytes], offset: int = 0) -> bytes:
    """What was damaged on a disk."""
    raw = bytearray(sealed(batch(values), offset))
    raw[-1] ^= 1
    return bytes(raw)


async def send_raw(bootstrap: str, topic: str, partition: int, raw: bytes) -> None:
    """Hand a batch to the broker as it is."""
    client = AIOKafkaClient(bootstrap_servers=bootstrap)
    await client.bootstrap()
    try:
        await client.set_topics([topic])
        request = ProduceRequest(None, -1, 10_000, [(topic, [(partition, raw)])])
        answer = await _answer(client, request)
        for _ in range(_TRIES):
            if answer not in _NO_LEADER_YET:
                break
            await asyncio.sleep(_PAUSE_SECONDS)
            answer = await _answer(client, request)
        assert answer == 0
    finally:
        await client.close()


async def _answer(client: AIOKafkaClient, request: ProduceRequest) -> int:
    """The error code for the one partition of a request, 0 when it was taken."""
    response: Any = await client.send(client.get_random_node(), request)
    code: int = response.topics[0][1][0][1]
    return code
