"""What is found in the stores, on the topics and in the providers' log when a run is over.

Read with SQL, a Kafka client and from files alone: nothing of the services takes part.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg

from tests.faults.packed import unpacked
from tests.faults.recording import Message, Recording
from tests.faults.watching import READS, bounds

TOPICS = ("billing", "ledger", "dunning", "notifier", "legal")
_EVENTS = """
select lane, position, stream, version, type, at, cause,
  case when type in ('PaymentAnnounced', 'PaymentReceived') then data end as payment
from {s}.events order by position"""
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
select stream, at, data
from notifier.events where type = 'notice_attempted' order by position"""


class Event(NamedTuple):
    """A row of a service's events."""

    lane: int
    position: int
    stream: str
    version: int
    type: str
    at: datetime
    cause: str | None
    payment: str | None = None


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
    unseen: set[tuple[str, int, int]] = field(default_factory=set)
    """Topic, lane and offset of what was taken off a topic before it could be read."""
    places: dict[str, bytes] = field(default_factory=dict)
    """All in which a person could still be found, by name; only at the end of a run."""

    def is_whole(self, topic: str) -> bool:
        """Whether every record of a topic was read before it was taken off."""
        return all(other != topic for other, _, _ in self.unseen)


async def observe(dsn: str, bootstrap: str, recording: Recording, folder: Path) -> Observed:
    begins, ends = await bounds(bootstrap, TOPICS)
    await recording.reached(begins, ends)
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            stores = await _stores(connection)
    finally:
        await connection.close()
    return Observed(
        topics=recording.topics,
        unseen=recording.unseen,
        ends=ends,
        **stores,
        **_files(folder),
    )


async def _stores(connection: Any) -> dict[str, Any]:
    offsets, events, parked, inbox, relayed = {}, {}, {}, {}, {}
    for name in READS:
        for row in await connection.fetch(_OFFSETS.format(s=name)):
            offsets[name, row["topic"], row["lane"]] = row["next_offset"]
        events[name] = [
            Event(*row)._replace(payment=row["payment"] and _said(row["payment"], "payment_id"))
            for row in await connection.fetch(_EVENTS.format(s=name))
        ]
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
        "attempts": [
            {"stream": stream, "at": at, "notice_id": _said(data, "notice_id")}
            for stream, at, data in await connection.fetch(_ATTEMPTS)
        ],
    }


def _said(data: bytes, name: str) -> Any:
    return json.loads(unpacked(data)).get(name)


def _files(folder: Path) -> dict[str, Any]:
    log = folder / "gateway.jsonl"
    lines = log.read_text().splitlines() if log.exists() else []
    outbox = folder / "data" / "outbox"
    return {
        "gateway": [json.loads(line) for line in lines],
        "posted": {str(path.relative_to(outbox)) for path in outbox.rglob("*") if path.is_file()},
    }
