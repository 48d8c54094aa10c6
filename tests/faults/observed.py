"""What is found in the stores, on the topics and in the providers' log when a run is over.

Read with SQL, a Kafka client and from files alone: nothing of the services takes part.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.faults.watching import READS, end_offsets

TOPICS = ("billing", "ledger", "dunning", "notifier", "legal")
_EVENTS = (
    "select lane, position, stream, version, type, at, cause from {s}.events order by position"
)
_PARKED = (
    "select source, lane, source_offset, error, reason from {s}.dead_letters where state = 'parked'"
)
_OFFSETS = "select topic, lane, next_offset from {s}.offsets"
_INBOX = "select count(*) from {s}.inbox"
_RELAYED = "select lane, position from {s}.relay"
_ACCOUNTS = "select creditor, account, principal, prepaid from ledger.view_accounts"
_NOTICES = """
select creditor, account, notice_id, state, reason, purpose, channel, attempts
from notifier.view_notices"""

_ATTEMPTS = """
select stream, at, convert_from(data, 'utf8')::json->>'notice_id' as notice_id
from notifier.events where type = 'notice_attempted' order by position"""


class Message(NamedTuple):
    """A record of a topic; `event` is empty where it is no JSON object."""

    topic: str
    lane: int
    offset: int
    value: bytes
    event: dict[str, Any]


class Event(NamedTuple):
    """A row of a service's events."""

    lane: int
    position: int
    stream: str
    version: int
    type: str
    at: datetime
    cause: str | None


@dataclass
class Observed:
    """Everything an invariant may look at."""

    topics: dict[str, list[Message]]
    ends: dict[tuple[str, int], int]
    offsets: dict[tuple[str, str, int], int]
    events: dict[str, list[Event]]
    parked: dict[str, list[Any]]
    inbox: dict[str, int]
    relayed: dict[tuple[str, int], int]
    accounts: dict[tuple[str, str], tuple[int, int]]
    notices: list[Any]
    attempts: list[Any]
    """Decisions to send: stream, instant and notice."""
    gateway: list[dict[str, Any]]
    posted: set[str]
    """Names of the files in the outbox: what is printed and posted, or spoken."""


async def observe(dsn: str, bootstrap: str, folder: Path) -> Observed:
    ends = await end_offsets(bootstrap, list(TOPICS))
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            stores = await _stores(connection)
    finally:
        await connection.close()
    return Observed(
        topics=await read_topics(bootstrap, ends), ends=ends, **stores, **_files(folder)
    )


async def _stores(connection: Any) -> dict[str, Any]:
    offsets, events, parked, inbox, relayed = {}, {}, {}, {}, {}
    for name in READS:
        for row in await connection.fetch(_OFFSETS.format(s=name)):
            offsets[name, row["topic"], row["lane"]] = row["next_offset"]
        events[name] = [Event(*row) for row in await connection.fetch(_EVENTS.format(s=name))]
        parked[name] = await connection.fetch(_PARKED.format(s=name))
        inbox[name] = await connection.fetchval(_INBOX.format(s=name))
        for row in await connection.fetch(_RELAYED.format(s=name)):
            relayed[name, row["lane"]] = row["position"]
    rows = await connection.fetch(_ACCOUNTS)
    return {
        "offsets": offsets,
        "events": events,
        "parked": parked,
        "inbox": inbox,
        "relayed": relayed,
        "accounts": {
            (row["creditor"], row["account"]): (row["principal"], row["prepaid"]) for row in rows
        },
        "notices": await connection.fetch(_NOTICES),
        "attempts": await connection.fetch(_ATTEMPTS),
    }


def _files(folder: Path) -> dict[str, Any]:
    log = folder / "gateway.jsonl"
    lines = log.read_text().splitlines() if log.exists() else []
    outbox = folder / "data" / "outbox"
    return {
        "gateway": [json.loads(line) for line in lines],
        "posted": {str(path.relative_to(outbox)) for path in outbox.rglob("*") if path.is_file()},
    }


async def read_topics(bootstrap: str, ends: dict[tuple[str, int], int]) -> dict[str, list[Message]]:
    """Every record there is, per lane in order."""
    found: dict[str, list[Message]] = {topic: [] for topic, _ in ends}
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        left = {TopicPartition(*at): end for at, end in ends.items() if end}
        consumer.assign(list(left))
        await consumer.seek_to_beginning()
        while left:
            for at, records in (await consumer.getmany(timeout_ms=1000)).items():
                found[at.topic] += [
                    Message(at.topic, at.partition, one.offset, one.value or b"", _json(one.value))
                    for one in records
                ]
            for at, end in list(left.items()):
                if await consumer.position(at) >= end:
                    del left[at]
    finally:
        await consumer.stop()
    return found


def _json(value: bytes | None) -> dict[str, Any]:
    try:
        event = json.loads(value or b"")
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}
