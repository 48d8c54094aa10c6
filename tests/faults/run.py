"""`make faults`: faults on the whole system for as long as asked for, then the judgment.

python -m tests.faults.run [MINUTES] [SEED] [ONLY]: `ONLY` is a part of the faults' names.
"""

import asyncio
import logging
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random, SystemRandom

from tests.faults import crashes, outages, rebuilding, refusing, restoring, weather
from tests.faults.figures import report
from tests.faults.minding import until_told
from tests.faults.running import Fault, Running
from tests.faults.system import System
from tests.faults.watching import Watch

ALL: tuple[Fault, ...] = (
    *crashes.FAULTS,
    *outages.FAULTS,
    *weather.FAULTS,
    *rebuilding.FAULTS,
)
_TICKS = 60
_TICKS_PER_MINUTE = 15
_STARTS_PER_TICK = 2
_LONG_MINUTES_MIN = 20


async def faults(folder: Path, minutes: float, seed: int, only: str) -> Running:
    """Try faults at random, one of each number first, and each before any comes again."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what it says of its own retries
    rng = Random(seed)
    ticks = _TICKS + int(minutes * _TICKS_PER_MINUTE)
    system = System(folder, seed, ticks, _STARTS_PER_TICK)
    try:
        await system.start()
        began = time.monotonic()
        long = list(outages.LONG) if minutes >= _LONG_MINUTES_MIN else []
        running = Running(system, rng, Watch(lambda: system.store.dsn, system.broker.bootstrap))
        left: list[Fault] = []
        while time.monotonic() - began < minutes * 60:
            left = left or [one for one in shuffled(rng) if only in one.title]
            takes_long = long and time.monotonic() - began > minutes * 60 / 3
            done = await running.try_out((long if takes_long else left).pop(0))
            say(f"{time.monotonic() - began:6.0f} s  {done}")
        await running.finish()
        for fault in (*restoring.LAST, *refusing.LAST):
            await running.try_last(fault)
    finally:
        await system.close()
    return running


def shuffled(rng: Random) -> list[Fault]:
    """All faults in a random order in which the numbers take turns."""
    turns: Counter[str] = Counter()
    ordered = []
    for fault in rng.sample(ALL, len(ALL)):
        ordered.append((turns[fault.number], rng.random(), fault))
        turns[fault.number] += 1
    return [fault for _, _, fault in sorted(ordered, key=lambda one: one[:2])]


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(minutes: str = "10", seed: str = "", only: str = "") -> None:
    number = int(seed or SystemRandom().randrange(1_000_000))
    say(f"SEED={number}")
    folder = Path(tempfile.mkdtemp(prefix="arrears-faults-"))
    try:
        running = asyncio.run(until_told(faults(folder, float(minutes), number, only)))
    except (asyncio.CancelledError, KeyboardInterrupt):
        say(f"ended before its time; logs and traffic: {folder}")
        sys.exit(1)
    say(report(running))
    if running.violations_found:
        say(f"logs and traffic: {folder}")
        sys.exit(1)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
