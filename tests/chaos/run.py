"""The same traffic twice: in chaos for some seconds, then undisturbed for as many half days."""

import contextlib
import math
import time
from pathlib import Path
from random import Random

from tests.chaos.days import Days, Outcome, found_by
from tests.chaos.facts import wrongly_sent
from tests.chaos.striking import Strikes
from tests.chaos.system import Servers, System
from tests.chaos.watching import Watch, watching
from tests.faults import traffic
from tests.faults.minding import Minder

_TICKS_MIN = 20


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
            days = Days(system.telling, watch, system.set_clock)
            await watch.look(traffic.instant(0))
            begun, began = watch.records, time.monotonic()
            async with strikes.striking() if rng else contextlib.nullcontext():
                while time.monotonic() - began < seconds and days.tick < ticks:
                    await days.half()
            figures = _figures(days, strikes, watch, watch.records - begun, began)
            told = days.tick
            await days.quiet()
            outbox = system.folder / "data" / "outbox"
            found, notices = await found_by(watch.connections, system.gateway_log, outbox)
    finally:
        await system.close()
    return Outcome(told, figures, found, [*strikes.wrong, *wrongly_sent(notices)])


def _figures(
    days: Days, strikes: Strikes, watch: Watch, records: int, began: float
) -> dict[str, str]:
    seconds = time.monotonic() - began
    return {
        "half days": f"{days.tick}",
        "seconds": f"{seconds:.0f}",
        "messages told": f"{days.telling.told}",
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
