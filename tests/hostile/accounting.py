"""What became of every record of every topic, in every service that reads it: read from the bus,
the inboxes and the dead letters, and not from what the services counted.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson

from chassis.bus.base import TOMBSTONE, Record, Unreadable
from chassis.runtime.instance import Instance
from chassis.store.inbox import inbox_id
from contracts.codec import decode
from contracts.envelope import told
from contracts.errors import MalformedMessage, UnknownType
from contracts.registry import TOPICS
from contracts.words.streams import key_of
from tests.hostile.events import Sent
from tests.hostile.world import World

_OWN_FAULTS = """
select concat_ws(' ', source, message_type, error, reason) as told, count(*) as n
from dead_letters where stream is not null or error <> all($1::text[])
group by 1 order by 2 desc limit 20"""
Place = tuple[str, int, int]
_SHOWN = 5


_REFUSALS = ("Rejected", "Malformed", "NotFound", "Forbidden", "UnknownType")
"""What a record is set aside for that was at fault itself; anything else is a fault of ours."""


@dataclass
class Account:
    """How many records a service handled, had handled before, passed over, set aside or was to
    forget, and those of which nothing is known.
    """

    service: str
    counts: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)


async def accounts(world: World) -> tuple[list[Account], int]:
    """The account of each service, and how many records the topics have."""
    records = await read_all(world)
    found = [await _account(one, records) for one in world.stack.services.values()]
    return found, len(records)


async def missing(
    world: World, sent: Iterable[Sent], accepted: Iterable[bytes]
) -> tuple[list[str], int]:
    """What was sent and is not on the bus, and how much an erasure may have taken off it.

    Kafka forgets the beginning of a partition when somebody in it is erased, once every service has
    read that far; the embedded bus forgets single records.
    """
    records = await read_all(world)
    starts = await world.stack.bus.start_offsets(TOPICS)
    there = Counter((one.topic, one.partition, one.value) for one in records)
    values = Counter(one.value for one in records if one.topic == "billing")
    erased = {one.key for one in records if _is_gone(one)}
    gone = [one for one in sent if not there[one.topic, one.lane, one.value]]
    kept = [one for one in gone if one.key not in erased and not starts[one.topic, one.lane]]
    lost = [f"{one.kind} on {one.topic}/{one.lane}: {one.value[:100]!r}" for one in kept]
    if not any(start for (topic, _), start in starts.items() if topic == "billing"):
        away = [one for one in accepted if not values[one]]
        lost += [f"accepted at the door: {one[:100]!r}" for one in away if _key(one) not in erased]
    return lost, len(gone) - len(kept)


def _key(event: bytes) -> bytes:
    """What the door makes the key of an event that it takes."""
    told_ = orjson.loads(event)
    return key_of(told_["creditor"], told_["subject"]).encode()


async def read_all(world: World) -> list[Record]:
    """Every record of the five topics."""
    bus, found = world.stack.bus, list[Record]()
    at = await bus.start_offsets(TOPICS)
    ends = await bus.end_offsets(TOPICS)
    reader = await bus.reader(dict(at))
    try:
        while any(at[place] < end for place, end in ends.items()):
            for record in await reader.fetch(1000, 1.0):
                last = record.last if isinstance(record, Unreadable) else record.offset
                at[record.topic, record.partition] = last + 1
                found.append(record)
    finally:
        await reader.close()
    return found


async def own_faults(world: World) -> list[str]:
    """Events and wake-ups that were set aside, and records that a handler could not take."""
    found = []
    for name, service in world.stack.services.items():
        rows = await service.pool.fetch(_OWN_FAULTS, _REFUSALS)
        found += [f"{name}: {row['n']} × {row['told']}" for row in rows]
    return found


async def _account(service: Instance, records: Iterable[Record]) -> Account:
    parked = await _parked(service)
    inbox = {row["message"] for row in await service.pool.fetch("select message from inbox")}
    account, seen = Account(service.name), set[bytes]()
    for record in records:
        if record.topic in service.blueprint.reads:
            what = _fate(service, record, parked, inbox, seen)
            account.counts[what] += 1
            if what == "lost":
                place = f"{record.topic}/{record.partition}@{record.offset}"
                account.lost.append(f"{place}: {record.value[:200]!r} {record.headers!r:.200}")
    return account


async def _parked(service: Instance) -> set[Place]:
    rows = await service.pool.fetch(
        "select source, lane, source_offset from dead_letters where source_offset is not null"
    )
    return {(row["source"], row["lane"], row["source_offset"]) for row in rows}


def _fate(
    service: Instance, record: Record, parked: set[Place], inbox: set[bytes], seen: set[bytes]
) -> str:
    if (record.topic, record.partition, record.offset) in parked:
        return "parked"
    if _is_gone(record):
        return "forgotten"
    try:
        message = decode(record.value, record.headers)
    except UnknownType:
        return "passed over" if record.topic != "billing" or service.name != "ledger" else "lost"
    except MalformedMessage:
        return "lost"
    route = service.blueprint.messages.get(message.type)
    if route is None or not route.streams(message, record.partition):
        return "passed over"
    key = inbox_id(message)
    if key not in inbox:
        return "lost"
    what = "duplicate" if key in seen else "handled"
    seen.add(key)
    return what


def _is_gone(record: Record) -> bool:
    return told(record.value, record.headers).type == TOMBSTONE


def summary(found: Iterable[Account]) -> list[str]:
    """One line for each service, and some of what was lost."""
    lines = []
    for one in found:
        told_ = ", ".join(f"{name} {number}" for name, number in sorted(one.counts.items()))
        lines.append(f"{one.service}: {told_}")
        lines += [f"  lost: {each}" for each in one.lost[:_SHOWN]]
    return lines
