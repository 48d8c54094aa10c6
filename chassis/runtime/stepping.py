"""A service driven by a simulation: the steps of its round one after the other, until nothing is
left.
"""

from dataclasses import dataclass

from chassis.errors import BrokenInvariant
from chassis.runtime.round import Round
from chassis.settings import Settings

_IDLE_FETCHES_MAX = 200
_WAKES_AT_ONE_INSTANT_MAX = 10_000
_WAIT_SECONDS = 0.5


@dataclass
class Stepping:
    """Takes every lane and goes round for as long as there is something to do at one instant."""

    name: str
    round: Round
    settings: Settings

    async def step(self) -> int:
        """Go round once; returns how much was done (0: nothing left)."""
        await self._own_every_lane()
        done = await self._consume_waiting()
        done += await self._fire_due()
        done += await self.round.work()
        done += await self._publish()
        return done + await self.round.forget()

    async def _own_every_lane(self) -> None:
        leases, reading = self.round.leases, self.round.reading
        if len(leases.held) == leases.partitions and reading.reader is not None:
            return
        await leases.refresh()
        if len(leases.held) != leases.partitions:
            raise BrokenInvariant(f"another instance of {self.name} holds lanes of this store")
        self.round.bells.ring_all()
        await reading.reopen(list(leases.held))

    async def _consume_waiting(self) -> int:
        reading = self.round.reading
        ends = await reading.ends()
        done = idle = 0
        while reading.behind(ends):
            batches = await reading.fetch(self.settings.batch_size, _WAIT_SECONDS)
            idle = 0 if batches else idle + 1
            if idle > _IDLE_FETCHES_MAX:
                raise BrokenInvariant(f"{self.name} cannot read what its topics say they hold")
            for lane, records in batches.items():
                done += await self.round.consume(lane, records)
        await self.round.save_places()
        if self.round.consumer.erasure_seen:
            await self.round.report_positions()
        return done

    async def _fire_due(self) -> int:
        done = 0
        for lane in await self.round.lanes_due():
            while fired := await self.round.fire(lane):
                done += fired
                if done > _WAKES_AT_ONE_INSTANT_MAX * self.settings.wake_batch_size:
                    raise BrokenInvariant(f"wake-ups of {self.name} do not come to an end")
        return done

    async def _publish(self) -> int:
        done, waiting = 0, self.round.signals.unpublished
        while waiting:
            lane = min(waiting)
            await self.round.project(lane)
            done += await self.round.relay(lane)
        return done
