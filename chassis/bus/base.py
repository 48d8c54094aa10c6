"""The interface of the bus, and what both adapters share."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from struct import unpack_from
from typing import Protocol

from chassis.errors import Malformed, Misconfigured

MESSAGE_BYTES_MAX = 1_000_000
"""Largest message (key, value, headers) the bus takes; below a Kafka broker's default limit."""

TOMBSTONE = "arrears.erased"
"""The type of what stands in the place of an erased message on a bus that keeps its offset."""


class Record(Protocol):
    """A message as read; adapters hand out their client's own objects, so nothing is copied."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...
    @property
    def timestamp(self) -> int | None:
        """When it came onto the bus, in milliseconds of the epoch, where the bus says it: else None
        or below 1.
        """
        ...


@dataclass(frozen=True, slots=True)
class PlainRecord:
    """A `Record` that holds its fields itself."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp: int = 0


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A `Record` in the place of one or several that the bus has and nobody can read.

    They are at the offsets `offset` to `last`; `value` is what the bus has there, `reason` says
    what is wrong with it.
    """

    topic: str
    partition: int
    offset: int
    last: int
    value: bytes
    reason: str
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp: int = 0


def next_offset(record: Record) -> int:
    """The offset to go on at behind a record."""
    return (record.last if isinstance(record, Unreadable) else record.offset) + 1


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to publish; the partition is the sender's choice, usually `lane_of(key, …)`."""

    topic: str
    partition: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


class OffsetLost(Misconfigured):
    """The record a reader stands before does not exist; going on would be a guess."""

    def __init__(self, topic: str, partition: int, offset: int) -> None:
        super().__init__(
            f"offset {offset} of {topic}/{partition} does not exist: the topic was trimmed, "
            "truncated or created anew"
        )
        self.topic = topic
        self.partition = partition
        self.offset = offset


class Reader(Protocol):
    """Reads fixed partitions from given offsets; one task at a time may use it."""

    async def fetch(
        self, max_records: int, wait_seconds: float, without: Collection[int] = ()
    ) -> list[Record]:
        """Return what comes next, or `[]` after `wait_seconds` without anything; nothing of the
        partitions `without`, whose turn comes another time.

        Per (topic, partition) the records are in order, with nothing left out and nothing twice;
        what cannot be read is an `Unreadable`, and no reason to stop.
        Raises `OffsetLost`, and `Transient` when the server does not answer; the position is
        then unchanged and the call may be repeated.
        """
        ...

    def take(self, positions: Mapping[tuple[str, int], int]) -> None:
        """Read these partitions from these offsets on: those it has, or more of them.

        The others are read on where they stand.
        """
        ...

    def drop(self, partitions: Collection[int]) -> None:
        """Read nothing more of these partitions, on any topic; some must be left to read."""
        ...

    async def close(self) -> None:
        """Let go of connections and buffers."""
        ...


class Bus(Protocol):
    """Topics of one partition count."""

    @property
    def partitions(self) -> int: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def ensure_topics(self, topics: Sequence[str]) -> None:
        """Create what is missing; `Misconfigured` for a topic with another partition count."""
        ...

    async def grow_topics(self, topics: Sequence[str]) -> None:
        """Give topics that have fewer partitions than this bus more of them; nothing moves.

        Raises `Misconfigured` for a topic that has more.
        """
        ...

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Return when all messages are durably accepted, per partition in the order given.

        On failure it raises (`Transient`, `Malformed` for an oversize message, `Misconfigured` for
        an unknown topic or partition) and may have published a prefix per partition.
        """
        ...

    async def reader(self, positions: Mapping[tuple[str, int], int]) -> Reader:
        """Open a reader at (topic, partition) → next offset; raises `OffsetLost`, never guesses."""
        ...

    async def start_offsets(self, topics: Sequence[str]) -> dict[tuple[str, int], int]:
        """Return the oldest readable offset of each partition: where a new service starts."""
        ...

    async def end_offsets(self, topics: Sequence[str]) -> dict[tuple[str, int], int]:
        """Return the offset the next message of each partition will have."""
        ...

    async def topic_ids(self, topics: Sequence[str]) -> dict[str, str]:
        """Return an identity per topic that changes when the topic is deleted and created again."""
        ...

    async def commit_info(self, group: str, positions: Mapping[tuple[str, int], int]) -> None:
        """Report a reader's next offsets, for lag tools and `forget`; nobody starts from them."""
        ...

    async def forget(
        self, topic: str, partition: int, key: bytes, before: int, readers: Sequence[str] = ()
    ) -> None:
        """Make what was published under `key` at offsets below `before` unreadable (erasure).

        Raises `Transient` as long as one of `readers` (groups of `commit_info`) has not read that
        far: nobody may find a message gone that they still had to act on.
        """
        ...

    async def read_by_all(self, readers: Mapping[str, Sequence[str]]) -> dict[tuple[str, int], int]:
        """Return up to where every reader of a topic (groups of `commit_info`) has read, of the
        partitions in which that lets something go; nothing on a bus that lets go by itself.
        """
        ...

    async def trim(self, topic: str, partition: int, before: int) -> None:
        """Delete the messages below `before`, where the bus does not do so by itself; readers that
        stand there get `OffsetLost`.
        """
        ...


def require_fitting(messages: Sequence[Outgoing], bytes_max: int = MESSAGE_BYTES_MAX) -> None:
    """Raise `Malformed` for the first message over the limit, before any is published."""
    for message in messages:
        size = len(message.key) + len(message.value)
        size += sum(len(name) + len(value) for name, value in message.headers)
        if size > bytes_max:
            raise Malformed(
                f"message for {message.topic}/{message.partition} with key {message.key!r} "
                f"has {size} bytes, the limit is {bytes_max}"
            )


_MULTIPLIER = 0x5BD1E995
_SEED = 0x9747B28C
_MASK = 0xFFFFFFFF


def _murmur2(data: bytes) -> int:
    """MurmurHash2 with the seed of Kafka's Java client, unsigned."""
    whole, rest = divmod(len(data), 4)
    hashed = _SEED ^ len(data)
    for word in unpack_from(f"<{whole}I", data):
        mixed = word * _MULTIPLIER & _MASK
        mixed = (mixed ^ (mixed >> 24)) * _MULTIPLIER & _MASK
        hashed = (hashed * _MULTIPLIER & _MASK) ^ mixed
    if rest:
        hashed ^= int.from_bytes(data[-rest:], "little")
        hashed = hashed * _MULTIPLIER & _MASK
    hashed = (hashed ^ (hashed >> 13)) * _MULTIPLIER & _MASK
    return hashed ^ (hashed >> 15)


@lru_cache(maxsize=65_536)
def lane_of(key: bytes, partitions: int) -> int:
    """Return the partition Kafka's default partitioner chooses, so that every producer agrees."""
    return (_murmur2(key) & 0x7FFFFFFF) % partitions
