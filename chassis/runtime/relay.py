"""Publishing committed events: per lane in order, at least once, noted only after the bus accepted
them.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from asyncpg import Connection

from chassis.bus.base import Bus
from chassis.bus.base import Outgoing as BusMessage
from chassis.logging import get_logger
from chassis.metrics import Metrics
from chassis.runtime.handed import Handed
from chassis.runtime.leases import Leases
from chassis.runtime.outgoing import Publish, to_bus
from chassis.runtime.published import Published
from chassis.runtime.traced import publishing
from chassis.store import dead_letters
from chassis.store.event_letters import EventLetters, next_event
from chassis.store.overview import LaneOverview
from chassis.store.pool import acquire
from chassis.store.portions import Portions
from chassis.store.store import Store
from chassis.store.stored import Stored
from chassis.store.traces import of_events
from chassis.tracing.spans import Span
from chassis.tracing.traceparent import Context
from contracts.base import Contract
from contracts.words.streams import key_of

log = get_logger(__name__)

_Traced = Mapping[tuple[str, int], Context]
_NONE: _Traced = {}

_DEAD_LETTER = "dead_letter"
_KEPT = "the letter is in this service's own list alone: see it there"


@dataclass
class Saying:
    """What is being said: of each message the contract and the creditor, and the spans of what
    belongs to a trace.
    """

    told: list[tuple[type[Contract], str]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)


@dataclass
class Relay:
    """Takes a lane's events from whoever committed them, or from the store, to the bus.

    How far it came is saved with the lane's next batch, or after a while: after a crash the rest is
    published twice, which readers notice by the ids. An event that cannot be published is set
    aside, and the lane goes on behind it; with `strict` (simulations) it is raised.
    """

    service: str
    store: Store
    leases: Leases
    bus: Bus
    publish: Publish
    metrics: Metrics
    probe: Callable[[str], None]
    letters: EventLetters
    handed: Handed
    published: Published
    batch_size: int = 500
    strict: bool = False
    _portions: Portions = field(init=False)

    def __post_init__(self) -> None:
        self._portions = Portions(self.store.pool, self.batch_size)

    async def relay(self, lane: int, *, letters: bool = True) -> int:
        """Publish what the lane has; returns how many events and dead letters that were."""
        done = await self._events(lane)
        return done + await self._dead_letters(lane) if letters else done

    async def _events(self, lane: int) -> int:
        is_over = False

        async def take(size: int) -> int:
            nonlocal is_over
            taken = await self._publish_next(lane, size)
            is_over = taken < size
            return taken

        async def set_aside(error: Exception) -> int:
            return await self._set_aside(lane, error)

        done = 0
        while not is_over:
            done += await self._portions.next(("events", lane), take, set_aside)
        return done

    async def _publish_next(self, lane: int, size: int) -> int:
        if self.published.at(lane) is None:  # gained: who wrote in it before is not known
            self.handed.forget(lane)
        position = await self.published.find(lane)
        events, traced = self.handed.next(lane, position, size), _NONE
        if events is None:
            async with acquire(self.store.pool) as connection:
                events = await self.store.lane_after(connection, lane, position, size)
                traced = await self._traced(connection, events)
        if not events:
            return 0
        await self._publish(events, traced)
        self.probe("relay.after_publish")
        self.published.reached(lane, events[-1].position)
        return len(events)

    async def _set_aside(self, lane: int, error: Exception) -> int:
        if self.strict:
            raise error
        position = await self.published.find(lane)
        async with acquire(self.store.pool) as connection, connection.transaction():
            head = await next_event(connection, lane, position)
            if head is None or head.position is None:
                return 0
            await self.published.skip(connection, lane, head.position)
            await self.letters.park(connection, "publication", head, error)
        self.published.reached(lane, head.position)
        self.published.saved(lane, head.position)
        return 1

    async def publish_again(self, stream: str, version: int) -> None:
        """Publish one event that was set aside; what was behind it went before."""
        async with acquire(self.store.pool) as connection:
            stored = await self.store.event(connection, stream, version)
            traced = await self._traced(connection, [stored])
        await self._publish([stored], traced)

    async def _traced(self, connection: Connection, events: Sequence[Stored]) -> _Traced:
        """The traces that some events belong to."""
        if self.store.traces is None or not events:
            return _NONE
        return await of_events(connection, events)

    async def _publish(self, events: Sequence[Stored], traced: _Traced) -> None:
        said = Saying()
        await self.bus.publish(
            [one for each in events for one in self._messages(each, traced, said)]
        )
        for (kind, creditor), number in Counter(said.told).items():
            self._count(kind.TOPIC, kind.TYPE, creditor, number)
        for span in said.spans:
            span.end()

    def _messages(self, stored: Stored, traced: _Traced, said: Saying) -> Iterator[BusMessage]:
        """What is said of an event, noted in `said`."""
        context = traced.get((stored.stream, stored.version)) if traced else None
        for number, outgoing in enumerate(self.publish(stored)):
            span = None if context is None else publishing(self.store.traces, outgoing, context)
            if span is not None:
                said.spans.append(span)
            copies = to_bus(
                outgoing,
                stored=stored,
                number=number,
                service=self.service,
                epoch=self.store.epochs.at(stored.position),
                partitions=self.bus.partitions,
                traceparent=None if span is None else span.traceparent,
            )
            told = type(outgoing.data), outgoing.creditor
            for one in copies:
                said.told.append(told)
                yield one

    def _count(self, topic: str, kind: str, creditor: str, number: int) -> None:
        named, service = self.metrics.creditor(creditor), self.metrics.service
        self.metrics.published.labels(service, topic, kind, named).inc(number)

    def _has_missed(self, one: LaneOverview) -> bool:
        """Whether the store has events that nobody told of, as far as is known here."""
        at = self.published.at(one.lane)
        return at is None or max(at, self.handed.last(one.lane)) < one.last

    def report(self, found: Sequence[LaneOverview]) -> None:
        """Report how many events of each lane held are not published yet, and how old the first of
        them is.
        """
        service, now = self.metrics.service, self.letters.clock.now()
        self.metrics.relay_lag.clear()
        self.metrics.relay_lag_seconds.clear()
        for one in found:
            if self._has_missed(one):
                self.handed.forget(one.lane)
            is_over = self.published.at(one.lane) == one.last
            age = 0.0
            if one.first_at is not None and not is_over:
                age = max(0.0, (now - one.first_at).total_seconds())
            lag = 0 if is_over else one.unpublished
            self.metrics.relay_lag.labels(service, str(one.lane)).set(lag)
            self.metrics.relay_lag_seconds.labels(service, str(one.lane)).set(age)

    async def _dead_letters(self, lane: int) -> int:
        async def take(size: int) -> int:
            return await self._publish_letters(lane, size)

        async def keep(error: Exception) -> int:
            async with acquire(self.store.pool) as connection:
                letters = await dead_letters.unpublished(connection, lane, 1)
                ids = [letter["id"] for letter in letters]
                await dead_letters.mark_published(connection, ids)
            log.error("letter_not_published", lane=lane, count=len(ids), error=error, todo=_KEPT)
            return len(ids)

        return await self._portions.next(("letters", lane), take, keep)

    async def _publish_letters(self, lane: int, size: int) -> int:
        async with acquire(self.store.pool) as connection:
            letters = await dead_letters.unpublished(connection, lane, size)
        if not letters:
            return 0
        await self.bus.publish(
            [
                BusMessage(
                    f"{letter['source']}.dlq",
                    lane,
                    key_of(letter["creditor"], letter["account"]).encode(),
                    dead_letters.dlq_value(letter, self.service),
                )
                for letter in letters
            ]
        )
        for source, number in Counter(letter["source"] for letter in letters).items():
            # whose they are is not known to be so: they count for no creditor
            self._count(f"{source}.dlq", _DEAD_LETTER, "", number)
        async with acquire(self.store.pool) as connection:
            await dead_letters.mark_published(connection, [letter["id"] for letter in letters])
        return len(letters)
