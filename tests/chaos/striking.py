"""Instances that are killed or told to end at random, and started again a little later."""

import asyncio
import contextlib
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from random import Random

from tests.faults.processes import Service

KILLS = 0.5
"""How many of the strikes are a SIGKILL."""
STARTING = 0.2
"""How many of the strikes at one that starts are carried out: where starting takes long, strikes
would else come faster than anybody is ready, and nothing would ever be done.
"""
_GAP_SECONDS = (0.3, 4.0)
_AWAY_SECONDS = (0.0, 3.0)
_STOP_SECONDS_MAX = 30.0


class Strikes:
    """Strikes instances for as long as `striking` lasts; the seed says which, how and when."""

    def __init__(self, instances: Sequence[Service], rng: Random) -> None:
        self._instances = instances
        self._rng = rng
        self._struck: set[Service] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.done: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.slowest_stop = 0.0
        self.all_away = 0
        """How often a strike took the last instance of a service."""

    @contextlib.asynccontextmanager
    async def striking(self) -> AsyncIterator[None]:
        """Strike meanwhile; at the end all instances are started, though not yet ready."""
        task = asyncio.create_task(self._go_on())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await asyncio.gather(*self._tasks)

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(self._rng.uniform(*_GAP_SECONDS))
            one = self._rng.choice(self._instances)
            kills = self._rng.random() < KILLS
            away = self._rng.uniform(*_AWAY_SECONDS)
            is_early = self._rng.random() < STARTING
            if one not in self._struck and (is_early or await one.is_ready()):
                task = asyncio.create_task(self._strike(one, away, kills=kills))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _strike(self, one: Service, away: float, *, kills: bool) -> None:
        self._struck.add(one)
        others = [other for other in self._instances if other.name[:-1] == one.name[:-1]]
        self.all_away += all(other in self._struck for other in others)
        if not one.is_running:
            self.wrong.append(f"{one.name} had ended by itself with {one.exit_code}")
        elif kills:
            await one.kill()
        else:
            await self._terminate(one)
        self.done["SIGKILL" if kills else "SIGTERM"] += 1
        await asyncio.sleep(away)
        one.start()
        self.done["start"] += 1
        self._struck.discard(one)

    async def _terminate(self, one: Service) -> None:
        serves = await one.is_ready()
        began = time.monotonic()
        one.signal(signal.SIGTERM)
        try:
            await one.ended(_STOP_SECONDS_MAX)
        except TimeoutError:
            self.wrong.append(f"{one.name} did not end within {_STOP_SECONDS_MAX:.0f} s")
            await one.kill()
            return
        self.slowest_stop = max(self.slowest_stop, time.monotonic() - began)
        if serves and one.exit_code != 0:
            self.wrong.append(f"{one.name} ended with {one.exit_code} when told to")
