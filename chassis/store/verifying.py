"""Whether the events of a store are what they were when they were linked."""

import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from asyncpg import Connection

_LANES = """
select lane from event_chain union select lane from lanes where elsewhere is null or is_leaving
order by lane"""
_AWAY = "select lane, elsewhere_at from lanes where elsewhere is not null and not is_leaving"
_STRAYS = """
with recursive found (lane) as (
  (select lane from events order by lane limit 1) union all
  select (select lane from events e where e.lane > found.lane order by lane limit 1)
  from found where found.lane is not null)
select lane from found where lane is not null
  and not exists (select from lanes l
    where l.lane = found.lane and (l.elsewhere is null or l.is_leaving))"""
_NO_MOVES = "select pg_advisory_lock_shared(hashtext('lanes ' || current_schema()))"
_LINKS = """
select number, to_position, events, marks, hash from event_chain
where lane = $1 and number > $2 order by number limit $3"""
_LINK = "select hash from event_chain where lane = $1 and number = $2"
_EVENTS = """
select position, lane, stream, version, type,
  case when at between '0002-01-01' and '9998-01-01' then at end as at, cause, data
from events
where lane = $1 and position > $2 and position <= $3 order by position"""
_FIRST = "select at from event_chain where lane = $1 and number = 1"
_UNLINKED = "select count(*) from events where lane = $1 and position > $2"
_EPOCHS = "select epoch from store_meta union all (select epoch from epochs order by from_position)"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MARK = 4
_LINKS_AT_ONCE = 100


class Damage(NamedTuple):
    """What is wrong, where: in a lane, a stream, at a position, as far as that can be known."""

    what: str
    lane: int | None = None
    stream: str | None = None
    position: int | None = None

    def __str__(self) -> str:
        places = (("lane", self.lane), ("stream", self.stream), ("position", self.position))
        where = ", ".join(f"{name} {value}" for name, value in places if value is not None)
        return f"{where}: {self.what}" if where else self.what


class Link(NamedTuple):
    """How far a lane is verified: a link's number and hash, and the last position it has."""

    number: int = 0
    hash: bytes = b""
    position: int = 0


class Portion(NamedTuple):
    """Some links of a lane that were compared: what is wrong in them, and how far that is."""

    lane: int
    reached: Link
    events: int
    damage: Sequence[Damage]


async def alone(connection: Connection) -> None:
    """Have moves of lanes wait, for as long as the connection is open."""
    await connection.execute(_NO_MOVES)


async def epochs_of(connection: Connection) -> list[str]:
    """Which store it is, and which restores it went through: each begins another chain."""
    return [row["epoch"] for row in await connection.fetch(_EPOCHS)]


async def lanes_of(connection: Connection) -> list[int]:
    """The lanes that are here."""
    return [row["lane"] for row in await connection.fetch(_LANES)]


async def still_there(connection: Connection, known: Mapping[int, Link]) -> list[Damage]:
    """What of the links seen by an earlier verification is gone, another one now, or said to be in
    another database, where a lane takes its own along.
    """
    found = []
    away = {row["lane"]: row["elsewhere_at"] for row in await connection.fetch(_AWAY)}
    for lane, link in known.items():
        now = await connection.fetchval(_LINK, lane, link.number)
        if link.number and now != link.hash:
            what = "is gone" if now is None else "is another one"
            if lane in away:
                what = f"went to {away[lane]}: verify it there, then --anew here"
            found.append(Damage(f"link {link.number}, seen before, {what}", lane))
    return found


async def strays(connection: Connection) -> list[Damage]:
    """Events of lanes that are not here, or are no lanes."""
    return [
        Damage("it has events, and is not here", row["lane"])
        for row in await connection.fetch(_STRAYS)
    ]


async def links(connection: Connection, lane: int, after: Link) -> AsyncIterator[Portion]:
    """Compare a lane with its chain, from behind a link on, a portion at a time."""
    while rows := await connection.fetch(_LINKS, lane, after.number, _LINKS_AT_ONCE):
        damage: list[Damage] = []
        events = 0
        for row in rows:
            damage += await _compared(connection, lane, after, row)
            events += row["events"]
            after = Link(row["number"], row["hash"], row["to_position"])
        yield Portion(lane, after, events, damage)


async def begun_at(connection: Connection, lane: int) -> datetime | None:
    """When a lane got its first link: what its events were before is not known."""
    found: datetime | None = await connection.fetchval(_FIRST, lane)
    return None if found is None else found.astimezone(UTC)


async def unlinked(connection: Connection, lane: int, after: Link) -> int:
    """How many events of a lane have no link yet."""
    found: int = await connection.fetchval(_UNLINKED, lane, after.position)
    return found


async def _compared(connection: Connection, lane: int, before: Link, row: Any) -> list[Damage]:
    if row["number"] != before.number + 1:
        return [Damage(f"link {before.number + 1} of the chain is gone", lane)]
    events = await connection.fetch(_EVENTS, lane, before.position, row["to_position"])
    digests = [digest_of(one) for one in events]
    if hashlib.sha256(before.hash + b"".join(digests)).digest() == row["hash"]:
        return []
    found = list(_differences(lane, before.position, row["marks"], events, digests))
    return found or [Damage(f"link {row['number']} of the chain was changed", lane)]


def _differences(
    lane: int, after: int, marks: bytes, events: Sequence[Any], digests: Sequence[bytes]
) -> Iterator[Damage]:
    """Which events are others, too many or gone, by the marks of what was linked."""
    then = [marks[at : at + _MARK] for at in range(0, len(marks), _MARK)]
    now = [one[:_MARK] for one in digests]
    for kind, first, last, start, end in SequenceMatcher(
        None, then, now, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            continue
        here, there = events[start:end], last - first
        what = "changed" if kind == "replace" else "added"
        for event in here:
            yield Damage(f"{what} since it was linked", lane, event["stream"], event["position"])
        if missing := there - len(here):
            before = events[start - 1]["position"] if start else after
            if missing > 0:
                yield Damage(f"{missing} events behind position {before} are gone", lane)


def digest_of(event: Any) -> bytes:
    """An event's own hash, as `link_events` of the store makes it."""
    cause = "" if event["cause"] is None else f"={event['cause']}"
    at = None if event["at"] is None else (event["at"] - _EPOCH) // _MICROSECOND
    told = (event["lane"], event["position"], event["stream"], event["version"], event["type"])
    head = "\n".join(map(str, (*told, at, cause)))
    return hashlib.sha256(head.encode() + b"\n" + event["data"]).digest()
