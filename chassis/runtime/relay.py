"""Publishing committed events: per lane in order, at least once, marked only after the bus accepted
them.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from chassis.bus.base import Bus
from chassis.bus.base import Outgoing as BusMessage
from chassis.metrics import Metrics
from chassis.runtime.leases import LaneLost, Leases
from chassis.runtime.outgoing import Publish, to_bus
from chassis.store import dead_letters
from chassis.store.pool import acquire
from chassis.store.store import Store
from chassis.store.stored import Stored
from contracts.words.streams import key_of

_POSITION = "select position from relay where lane = $1"
# One statement that proves the lane is still ours, as `Leases.fence` does, and moves on.
_MARK = """
with fence as (select lane from lanes where lane = $1 and epoch = $4 for share)
update relay set position = $3 from fence where relay.lane = fence.lane and position = $2"""
_LAG = """
select relay.lane, count(events.position) from relay left join events
  on events.lane = relay.lane and events.position > relay.position
where relay.lane = any($1::int[]) group by relay.lane"""


@dataclass
class Relay:
    """Takes a lane's events from the store to the bus."""

    service: str
    store: Store
    leases: Leases
    bus: Bus
    publish: Publish
    metrics: Metrics
    probe: Callable[[str], None]
    batch_size: int = 500

    async def relay(self, lane: int) -> int:
        """Publish what the lane has; returns how many events and dead letters that were."""
        return await self._events(lane) + await self._dead_letters(lane)

    async def _events(self, lane: int) -> int:
        done = 0
        while True:
            async with acquire(self.store.pool) as connection:
                position = await connection.fetchval(_POSITION, lane)
                events = await self.store.lane_after(connection, lane, position, self.batch_size)
            if not events:
                return done
            await self._send([message for stored in events for message in self._messages(stored)])
            self.probe("relay.after_publish")
            await self._mark(lane, position, events[-1].position)
            done += len(events)

    def _messages(self, stored: Stored) -> Iterator[BusMessage]:
        for number, outgoing in enumerate(self.publish(stored)):
            yield from to_bus(
                outgoing,
                stored=stored,
                number=number,
                service=self.service,
                epoch=self.store.epoch,
                partitions=self.bus.partitions,
            )

    async def _send(self, messages: Sequence[BusMessage]) -> None:
        await self.bus.publish(messages)
        for topic, number in Counter([message.topic for message in messages]).items():
            self.metrics.published.labels(self.metrics.service, topic).inc(number)

    async def measure_lag(self) -> None:
        """Report how many events of each lane held are not published yet."""
        async with acquire(self.store.pool) as connection:
            for lane, number in await connection.fetch(_LAG, list(self.leases.held)):
                self.metrics.relay_lag.labels(self.metrics.service, str(lane)).set(number)

    async def _mark(self, lane: int, was: int, position: int) -> None:
        async with acquire(self.store.pool) as connection:
            epoch = self.leases.held.get(lane, -1)
            if await connection.execute(_MARK, lane, was, position, epoch) != "UPDATE 1":
                self.leases.held.pop(lane, None)
                raise LaneLost(f"lane {lane} was taken over")
        self.metrics.relay_position.labels(self.metrics.service, str(lane)).set(position)

    async def _dead_letters(self, lane: int) -> int:
        async with acquire(self.store.pool) as connection:
            letters = await dead_letters.unpublished(connection, lane, self.batch_size)
        if not letters:
            return 0
        await self._send(
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
        async with acquire(self.store.pool) as connection:
            await dead_letters.mark_published(connection, [letter["id"] for letter in letters])
        return len(letters)
