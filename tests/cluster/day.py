"""A day of a release in a cluster, and the same day with nobody touching it."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.chaos.days import Days, Outcome, found_by
from tests.chaos.facts import wrongly_sent
from tests.chaos.telling import Telling
from tests.cluster.commands import Failed
from tests.cluster.outside import Outside
from tests.cluster.release import Release
from tests.cluster.striking import strikes
from tests.cluster.watching import patiently_watching
from tests.faults import traffic

_TICKS_MAX = 100
_HALF_DAYS_MIN = 3
"""For each thing that befalls the release: it is under load when it is whole again, too."""
_STARTS_PER_TICK = 100
_PIECE = 50
RATE = 500
"""Messages a second while a half day is told."""
_PIECE_SECONDS = _PIECE / RATE


@dataclass(frozen=True)
class Passed:
    """What befell a release, and how it went on meanwhile."""

    what: str
    half_days: int
    messages: int
    seconds: float
    stood_seconds: float


async def days(folder: Path, outside: Outside, seed: int) -> tuple[list[Passed], Outcome, Outcome]:
    """The day with all that befalls it, and the undisturbed one of as many half days."""
    file = folder / "traffic.jsonl"
    traffic.Traffic(seed, _STARTS_PER_TICK).write(file, _TICKS_MAX)
    passed, disturbed = await _day(folder / "disturbed", outside, file, Random(seed), 0)
    _, calm = await _day(folder / "calm", outside, file, None, disturbed.ticks)
    return passed, disturbed, calm


async def _day(
    folder: Path, outside: Outside, file: Path, rng: Random | None, ticks: int
) -> tuple[list[Passed], Outcome]:
    release = Release(folder, outside)
    release.set_clock(traffic.instant(0))
    telling = Telling(file, lambda: outside.bootstrap, _PIECE, _PIECE_SECONDS)
    passed: list[Passed] = []
    wrong: list[str] = []
    try:
        await release.install()
        async with patiently_watching(release.dsns, outside.bootstrap) as watch:
            days = Days(telling, watch, release.set_clock)
            began = time.monotonic()
            await days.half()
            for what, strike in strikes(release, outside, rng) if rng else ():
                passed.append(await _through(what, asyncio.ensure_future(strike()), days, wrong))
            while days.tick < ticks:
                await days.half()
            seconds, told = time.monotonic() - began, days.tick
            await days.quiet()
            found, notices = await found_by(
                watch.connections, release.gateway_log, release.data / "outbox"
            )
            standings, drain = str(watch.standings), watch.slowest_drain
    finally:
        await telling.close()
        await release.remove()
    figures = {
        "half days": f"{told}",
        "seconds": f"{seconds:.0f}",
        "messages told": f"{telling.told}",
        "a second while told": f"{telling.told / telling.took:.0f}",
        "a lane stood still, at most": standings,
        "until all was done, at most": f"{drain:.1f} s",
    }
    return passed, Outcome(told, figures, found, [*wrong, *wrongly_sent(notices)])


async def _through(
    what: str, strike: "asyncio.Future[object]", days: Days, wrong: list[str]
) -> Passed:
    """Half days until what befalls the release is over, and some at least."""
    watch, telling = days.watch, days.telling
    tick, told, began = days.tick, telling.told, time.monotonic()
    before, watch.standings.longest = watch.standings.longest, 0.0
    while not strike.done() or days.tick - tick < _HALF_DAYS_MIN:
        await days.half()
    try:
        await strike
    except Failed as failed:
        wrong.append(f"{what}: {failed}")
    stood = watch.standings.longest
    watch.standings.longest = max(before, stood)
    return Passed(what, days.tick - tick, telling.told - told, time.monotonic() - began, stood)
