"""How time goes by in a run, and what a run came to.

A half day ends when nothing is left to do in it, as does what is told in it: what a debtor pays
and what falls due never race, so that whatever order lanes and instances find, the outcome is one.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import asyncpg

from tests.chaos.facts import Facts, Sent, facts, sends, sent
from tests.chaos.telling import Telling
from tests.chaos.watching import Watch
from tests.faults import traffic

_QUIET_TICKS = 6
"""Three days in which nothing is told: what waits for its hour is sent."""


@dataclass
class Outcome:
    """What a run came to; `wrong` is what may not be, whatever the other run came to."""

    ticks: int
    figures: dict[str, str]
    facts: Facts
    wrong: list[str]


@dataclass
class Days:
    """Half days one after the other; `tick` counts them."""

    telling: Telling
    watch: Watch
    set_clock: Callable[[datetime], None]
    tick: int = 0

    async def half(self) -> None:
        """What is told in one, then what falls due as it ends."""
        now = traffic.instant(self.tick)
        telling = asyncio.ensure_future(self.telling.publish(self.tick))
        while not telling.done():
            await self.watch.look(now)
        await telling
        await self.watch.drain(now)
        await self._pass()

    async def quiet(self) -> None:
        """The days in which nothing is told any more."""
        for _ in range(_QUIET_TICKS):
            await self._pass()

    async def _pass(self) -> None:
        self.tick += 1
        now = traffic.instant(self.tick)
        self.set_clock(now)
        await self.watch.drain(now)


async def found_by(
    connections: "Mapping[str, asyncpg.Connection]", gateway_log: Path, outbox: Path
) -> tuple[Facts, list[Sent]]:
    """What a run came to, and every notice with its sends."""
    found = await facts(connections)
    notices = await sent(connections["notifier"], gateway_log, outbox)
    return {**found, "sends": sends(notices)}, notices
