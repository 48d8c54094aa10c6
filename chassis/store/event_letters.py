"""Dead letters about what a service does by itself: an event that cannot be published or projected,
a wake-up that fails. The lane goes on behind it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from asyncpg import Connection

from chassis.clock import Clock
from chassis.logging import get_logger
from chassis.store.faults import told_of
from contracts.words.streams import subject_of

log = get_logger(__name__)

What = Literal["publication", "projection", "wake"]

_TODO = "it is a dead letter: mend what the error names, then retry or discard it"
_PARK = """
insert into dead_letters (at, lane, source, source_offset, message_type, creditor, account,
  error, reason, stream, version, published)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, true)
on conflict (source, stream, version) where stream is not null and state = 'parked'
do update set error = excluded.error, reason = excluded.reason, at = excluded.at"""
_NEXT = """
select lane, stream, version, type, position from events
where lane = $1 and position > $2 order by position limit 1"""
_RESOLVE = """
update dead_letters set state = 'resolved'
where source = $1 and state = 'parked'
  and ($2::text[] is null or stream = any($2))
  and (stream, version) not in (select * from unnest($3::text[], $4::int[]))"""
_STREAMS = """
select distinct stream from dead_letters where source = $1 and lane = $2 and state = 'parked'"""


class Head(NamedTuple):
    """An event by its place, not read: or, without a type, a stream that is to be woken."""

    lane: int
    stream: str
    version: int
    type: str | None
    position: int | None


@dataclass
class EventLetters:
    """Sets events and wake-ups aside. `count` is told what, for the metrics."""

    clock: Clock
    count: Callable[[What], None]

    async def park(
        self, connection: Connection, what: What, head: Head, error: Exception, view: str = ""
    ) -> None:
        """Write the letter, and raise the alarm, in the transaction that goes on behind it."""
        subject = subject_of(head.stream)
        reason = told_of(error)
        await connection.execute(
            _PARK,
            self.clock.now(),
            head.lane,
            source_of(what, view),
            head.position,
            head.type,
            subject.creditor,
            subject.account or "*",
            type(error).__name__,
            reason,
            head.stream,
            head.version,
        )
        self.count(what)
        log.error(
            "event_set_aside",
            state=what,
            view=view or None,
            lane=head.lane,
            stream=head.stream,
            version=head.version,
            position=head.position,
            message_type=head.type,
            error=error,
            todo=_TODO,
        )


def source_of(what: What, view: str = "") -> str:
    """What stands as the source of such a letter."""
    return f"{what}:{view}" if view else what


async def next_event(connection: Connection, lane: int, position: int) -> Head | None:
    """The event a lane has behind a position, without reading what it says."""
    row = await connection.fetchrow(_NEXT, lane, position)
    return None if row is None else Head(*row)


async def streams_parked(connection: Connection, source: str, lane: int) -> set[str]:
    """The streams of a lane with an open letter of a source."""
    return {row["stream"] for row in await connection.fetch(_STREAMS, source, lane)}


async def resolve(
    connection: Connection,
    source: str,
    streams: Sequence[str] | None = None,
    but: Sequence[Head] = (),
) -> None:
    """Close the letters of a source, all of them or those of some streams, but those of `but`."""
    kept = [one.stream for one in but], [one.version for one in but]
    await connection.execute(_RESOLVE, source, streams, kept[0], kept[1])
