"""The same traffic twice: in chaos for some seconds, then undisturbed for as many half days.

A half day ends when nothing is left to do in it, as does what is told in it: what a debtor pays
and what falls due never race, so that whatever order lanes and instances find, the outcome is one.
"""

import asyncio
import contextlib
import math
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.chaos.facts import Facts, Sent, facts, sends, sent, wrongly_sent
from tests.chaos.striking import Strikes
from tests.chaos.system import Servers, System
from tests.chaos.watching import Watch, watching
from tests.faults import traffic
from tests.faults.minding import Minder

_TICKS_MIN = 20
_QUIET_TICKS = 6
"""Three days in which nothing is told: what waits for its hour is sent."""


@dataclass
class Outcome:
    """What a run came to; `wrong` is what may not be, whatever the other run came to."""

    ticks: int
    figures: dict[str, str]
    facts: Facts
    wrong: list[str]


async def chaos(
    folder: Path, seconds: float, seed: int, starts_per_tick: int
) -> tuple[Outcome, Outcome]:
    """The run in chaos and the undisturbed one, on the same servers."""
    ticks = _TICKS_MIN + int(seconds)  # more than are reached
    file = folder / "traffic.jsonl"
    traffic.Traffic(seed, starts_per_tick).write(file, ticks)
    minder = Minder(folder)
    servers = Servers(folder)
    try:
        await servers.start()
        system = System(folder / "chaos", servers, file)
        disturbed = await _run(system, seconds, ticks, Random(seed))
        system = System(folder / "undisturbed", servers, file)
        calm = await _run(system, math.inf, disturbed.ticks, None)
    finally:
        await servers.stop()
        minder.close()
    return disturbed, calm


async def _run(system: System, seconds: float, ticks: int, rng: Random | None) -> Outcome:
    """One run of so many seconds or half days; struck where there is what to draw strikes from."""
    try:
        await system.start()
        strikes = Strikes(system.instances, rng or Random())
        async with watching(system.dsns, system.servers.bootstrap) as watch:
            await watch.look(traffic.instant(0))
            begun, began = watch.records, time.monotonic()
            async with strikes.striking() if rng else contextlib.nullcontext():
                while time.monotonic() - began < seconds and system.tick < ticks:
                    await _half_day(system, watch)
            figures = _figures(system, strikes, watch, watch.records - begun, began)
            told = system.tick
            for _ in range(_QUIET_TICKS):
                system.next_tick()
                await watch.drain(traffic.instant(system.tick))
            found, notices = await _found(system, watch)
    finally:
        await system.close()
    return Outcome(told, figures, found, [*strikes.wrong, *wrongly_sent(notices)])


async def _half_day(system: System, watch: Watch) -> None:
    """What is told in it, then what falls due as it ends."""
    now = traffic.instant(system.tick)
    telling = asyncio.ensure_future(system.publish())
    while not telling.done():
        await watch.look(now)
    await telling
    await watch.drain(now)
    system.next_tick()
    await watch.drain(traffic.instant(system.tick))


async def _found(system: System, watch: Watch) -> tuple[Facts, list[Sent]]:
    found = await facts(watch.connections)
    outbox = system.folder / "data" / "outbox"
    notices = await sent(watch.connections["notifier"], system.gateway_log, outbox)
    return {**found, "sends": sends(notices)}, notices


def _figures(
    system: System, strikes: Strikes, watch: Watch, records: int, began: float
) -> dict[str, str]:
    seconds = time.monotonic() - began
    return {
        "half days": f"{system.tick}",
        "seconds": f"{seconds:.0f}",
        "messages told": f"{system.told}",
        "messages on all topics": f"{records}",
        "a second": f"{records / seconds:.0f}",
        "SIGKILL": f"{strikes.done['SIGKILL']}",
        "SIGTERM": f"{strikes.done['SIGTERM']}",
        "started again": f"{strikes.done['start']}",
        "both of a service away": f"{strikes.all_away}",
        "slowest end after SIGTERM": f"{strikes.slowest_stop:.1f} s",
        "a lane stood still, at most": str(watch.standings),
        "until all was done, at most": f"{watch.slowest_drain:.1f} s",
    }
