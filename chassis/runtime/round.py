"""The round of a service's work: consume – fire – work – project – relay.

Each step does what is there for one lane, or for the gateways, says how much that was, and tells
the next ones. When a step is taken is for its driver: `live` takes them side by side on the wall
clock, `stepping` one after the other until nothing is left.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

from chassis.bus.base import Record
from chassis.clock import Clock
from chassis.logging import get_logger
from chassis.metrics import Metrics
from chassis.runtime.bells import Bells
from chassis.runtime.consumer import Consumer
from chassis.runtime.erasure_journal import ErasureJournal
from chassis.runtime.figures import Figures
from chassis.runtime.forgetting import Forgetting, group_of
from chassis.runtime.leases import Leases
from chassis.runtime.reading import Reading
from chassis.runtime.relay import Relay
from chassis.runtime.signals import NEVER, Signals
from chassis.runtime.trimming import Trimming
from chassis.runtime.wakes import Wakes
from chassis.store.offsets import Positions
from chassis.store.overview import LaneOverview, overview
from chassis.store.pool import acquire
from chassis.store.refolding import Refolding
from chassis.store.saving import LaneLost
from chassis.store.sweeping import Sweeper
from chassis.store.views import Projector

log = get_logger(__name__)

BoundWorker = Callable[[], Awaitable[int]]
"""A worker of the blueprint, tied to its service."""


class Round:
    """The steps of one instance over the lanes it holds."""

    def __init__(
        self,
        *,
        leases: Leases,
        reading: Reading,
        consumer: Consumer,
        wakes: Wakes,
        workers: Sequence[BoundWorker],
        forgetting: Forgetting,
        trimming: Trimming,
        journal: ErasureJournal,
        projector: Projector,
        relay: Relay,
        signals: Signals,
        bells: Bells,
        metrics: Metrics,
        sweeper: Sweeper,
        figures: Figures,
        clock: Clock,
    ) -> None:
        self.leases = leases
        self.reading = reading
        self.signals = signals
        self.bells = bells
        self.consumer = consumer
        self.wakes = wakes
        self.projector = projector
        self.figures = figures
        self._metrics = metrics
        self.workers = workers
        self._forgetting = forgetting
        self._trimming = trimming
        self._journal = journal
        self._relay = relay
        self._sweeper = sweeper
        self.clock = clock
        self.refolding: Refolding | None = None
        """What other versions left, where there may be any."""
        self._writing: dict[int, asyncio.Lock] = {}
        self._publishing: dict[int, asyncio.Lock] = {}

    async def consume(self, lane: int, records: Sequence[Record]) -> int:
        """Apply what was read of a lane."""
        try:
            async with self._alone(lane):
                done = await self.consumer.consume(lane, records, self.reading.positions)
        except LaneLost:
            self._metrics.fenced.labels(self._metrics.service, str(lane)).inc()
            raise
        return done

    async def save_places(self) -> None:
        """Save how far lanes are published, and how far they have read what had no effect, but for
        those that are written in: their batches do.
        """
        await self._relay.published.save(list(self.leases.held))
        lanes = [one for one in self.consumer.places.lanes() if not self._alone(one).locked()]
        if lanes:
            async with AsyncExitStack() as alone:
                for lane in lanes:
                    await alone.enter_async_context(self._alone(lane))
                await self.consumer.places.save(lanes)

    async def find(self, lane: int) -> Positions:
        """Where the store says a lane stands, asked while nothing is written in it."""
        async with self._alone(lane):
            return await self.reading.find([lane])

    async def lanes_due(self) -> list[int]:
        """The lanes in which a wake-up is due, or a dead letter is to be tried again."""
        return sorted(self._lanes_to_retry() | {*await self.wakes.lanes_due()})

    async def lanes_called(self) -> list[int]:
        """The same, asking the store only where something may be due."""
        return sorted(self._lanes_to_retry() | {*await self.wakes.lanes_called()})

    def _lanes_to_retry(self) -> set[int]:
        return self.consumer.parked.lanes_to_retry() & self.leases.held.keys()

    async def fire(self, lane: int) -> int:
        """Fire a batch of the wake-ups that are due in a lane, and try the next letters again."""
        async with self._alone(lane):
            done = await self.wakes.fire(lane)
            done += await self.consumer.parked.retry_next(lane)
        return done

    async def work(self) -> int:
        """Let every worker do what is due; one that fails is raised after the others had their
        turn.
        """
        done, failures = 0, []
        for worker in self.workers:
            try:
                done += await worker()
            except Exception as error:  # noqa: BLE001
                failures.append(error)
        if failures:
            raise failures[0]
        return done

    async def project(self, lane: int, at_most: int | None = None) -> int:
        """Bring the views up to the end of a lane, or on by `at_most` events; then the gateways may
        have something to do.
        """
        self.signals.unprojected.discard(lane)
        try:
            done = await self.projector.project(lane, at_most)
        except BaseException:
            self.signals.unprojected.add(lane)
            raise
        if at_most is not None and done >= at_most:
            self.signals.unprojected.add(lane)
        self.signals.workers.set()
        return done

    async def relay(self, lane: int) -> int:
        """Publish what a lane has that is held."""
        signals = self.signals
        letters = lane in signals.letters
        signals.unpublished.discard(lane)
        signals.letters.discard(lane)
        try:
            async with self._publishing.setdefault(lane, asyncio.Lock()):
                held = lane in self.leases.held
                return await self._relay.relay(lane, letters=letters) if held else 0
        except BaseException:
            signals.unpublished.add(lane)
            if letters:
                signals.letters.add(lane)
            raise

    async def give_back(self, lane: int, publish_seconds: float) -> None:
        """Let others have a lane, while nothing is written in it, after what it has was published:
        where that fails or takes too long they publish it.
        """
        async with self._alone(lane):
            if publish_seconds:
                try:
                    async with asyncio.timeout(publish_seconds):
                        await self.relay(lane)
                # it stays in the store
                except Exception as error:  # noqa: BLE001
                    log.warning("given_back_before_publishing", lane=lane, error=error)
            await self._save_places(lane)
            await self.leases.release([lane])

    async def _save_places(self, lane: int) -> None:
        """Save where a lane stands that is given back; else its messages are ignored once more, and
        what it said is said again.
        """
        try:
            if lane in self.consumer.places.lanes():
                await self.consumer.places.save([lane])
            await self._relay.published.save([lane])
        except Exception as error:  # noqa: BLE001
            log.info("place_not_saved", lane=lane, error=error)

    async def publish_again(self, stream: str, version: int) -> None:
        """Publish one event that was set aside."""
        await self._relay.publish_again(stream, version)

    async def look(self) -> list[LaneOverview]:
        """Where the lanes held stand, as the store says; for what waits there the bells ring, in
        case they did not when it was written.
        """
        lanes, now = list(self.leases.held), self.clock.now()
        found: list[LaneOverview] = []
        if lanes:
            async with acquire(self.projector.store.pool) as connection:
                found = await overview(connection, lanes, self.projector.names, now)
        self._relay.report(found)
        signals, shows = self.signals, bool(self.projector.names)
        signals.written = {one.lane: one.last for one in found}
        signals.letters.update(one.lane for one in found if one.has_letters)
        signals.notify_relay(one.lane for one in found if one.unpublished or one.has_letters)
        signals.notify_views(one.lane for one in found if shows and one.shown < one.last)
        signals.notify_wakes(one.lane for one in found if one.is_due)
        for one in found[:1]:
            signals.expect(one.next_wake_at or NEVER)
        return found

    async def forget(self) -> int:
        """Note who was erased, take their messages off the bus, as far as every reader is past
        them, then what all have read, and let go of what is kept for a time only.
        """
        await self.note_erased()
        await self._sweeper.sweep(self.clock.now())
        done = await self._forgetting.run()
        await self._trimming.run(self.clock.now())
        return done

    async def note_erased(self) -> None:
        """Note who was erased apart from the store, which may be lost and restored."""
        await self._journal.note(self.consumer.applying.erased, self.clock.now())

    async def report_positions(self, again_seconds: float = 0.0) -> None:
        """Say how far this instance has read: for lag tools, and so that erasures can go on; what
        was said already, only after a while.
        """
        self.consumer.erasure_seen = False
        in_store = self.consumer.places.in_store(self.reading.positions)
        await self.reading.report(group_of(self._metrics.service), in_store, again_seconds)

    def _alone(self, lane: int) -> asyncio.Lock:
        """A lane's batch and its wake-ups would only conflict with one another."""
        return self._writing.setdefault(lane, asyncio.Lock())
