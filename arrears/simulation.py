"""The simulated world: the real services on a clock that jumps from one instant with something to
do to the next.

What it costs depends on how much happens, not on how many days go by.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from itertools import cycle
from typing import Protocol

from chassis.clock import SimulatedClock
from chassis.errors import BrokenInvariant

_TURNS_MAX = 40_000
"""Turns at one instant after which the services are taken to chase each other for ever."""


class Stepping(Protocol):
    """What the simulation needs of a service."""

    async def step(self) -> int:
        """Consume what is there, fire what is due, relay and project; return how much was done."""
        ...

    async def next_wake(self) -> datetime | None:
        """Return the earliest instant at which the service has something to do by itself."""
        ...


class RewindableClock(SimulatedClock):
    """A simulated clock that can begin again, for the next simulation on the same services."""

    def restart(self, at: datetime) -> None:
        """Set any aware instant, also an earlier one."""
        super().__init__(at)


Action = Callable[[], Awaitable[object]]
Passed = Callable[[datetime], None]


def _nothing(_now: datetime) -> None:
    return None


class Simulation:
    """Services and the clock they share; `passed` is told every instant that is over."""

    def __init__(
        self, clock: SimulatedClock, services: Sequence[Stepping], passed: Passed = _nothing
    ) -> None:
        self._clock = clock
        self._services = services
        self._passed = passed

    @property
    def now(self) -> datetime:
        """The present simulated instant, in UTC."""
        return self._clock.now()

    async def settle(self) -> int:
        """Let the services work in turn until none has anything left; return how much was done."""
        total = idle = 0
        for turn, service in enumerate(cycle(self._services)):
            done = await service.step()
            total += done
            idle = 0 if done else idle + 1
            if idle == len(self._services):
                return total
            if turn > _TURNS_MAX:
                break
        raise BrokenInvariant(f"the services do not come to rest at {self.now.isoformat()}")

    async def run_until(self, end: datetime) -> None:
        """Let time pass up to and including `end`; what is due is done at its instant.

        The services must have come to rest before: `settle` after every input.
        """
        while (wake := await self._next_wake()) is not None and wake <= end:
            if wake <= self.now:
                raise BrokenInvariant(f"a wake-up due {wake.isoformat()} was not dealt with")
            self._clock.set(wake)
            await self.settle()
            self._passed(self.now)
        if end > self.now:
            self._clock.set(end)
        self._passed(self.now)

    async def play(self, inputs: Iterable[tuple[datetime, Action]], end: datetime) -> None:
        """Run to `end`, performing each input at its instant, after the wake-ups of that one."""
        await self.settle()
        for at, action in inputs:
            if at > self.now:
                await self.run_until(at)
            await action()
            await self.settle()
        await self.run_until(end)

    async def _next_wake(self) -> datetime | None:
        wakes = [await service.next_wake() for service in self._services]
        return min((wake for wake in wakes if wake is not None), default=None)
