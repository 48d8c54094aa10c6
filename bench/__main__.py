"""`make bench`: every measurement, one `name value` line each, and bench/results.json.

`make bench ONLY=ingest` measures only what is named and keeps the other figures of the file. After
each group it says how noisy the machine was.
"""

import asyncio
import os
import platform
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import orjson

from bench import (
    day,
    disk,
    growth,
    idle,
    ingest,
    notices,
    overload,
    profile,
    replay,
    scenarios,
    starts,
    trickle,
)
from bench.noise import Noise
from chassis.logging import configure

RESULTS = Path(__file__).with_name("results.json")
MEASURES: dict[str, Callable[[], Awaitable[dict[str, float]]]] = {
    "ingest": ingest.measure,
    "scenarios": scenarios.measure,
    "trickle": trickle.measure,
    "starts": starts.measure,
    "idle": idle.measure,
    "day": day.measure,
    "disk": disk.measure,
    "growth": growth.measure,
    "notices": notices.measure,
    "overload": overload.measure,
    "replay": replay.measure,
    "profile": profile.measure,
}
_BY_NAME = {"idle", "profile"}
"""Measured only when asked for by name: one is a part of `trickle`, one says where time goes."""


def main(names: list[str]) -> int:
    """Measure what is named, or everything."""
    unknown = set(names) - MEASURES.keys()
    if unknown:
        print(f"no such measurement: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    configure("bench", "warning")
    results = orjson.loads(RESULTS.read_bytes()) if names and RESULTS.exists() else {}
    noises = results.setdefault("noise", {})
    for name in names or [each for each in MEASURES if each not in _BY_NAME]:
        with Noise() as noise:
            figures = asyncio.run(_measure(name))
        results.update(figures)
        noises[name] = noise.figures()
        for figure, value in (figures | noises[name]).items():
            print(f"{figure} {value:g}" if isinstance(value, float) else f"{figure} {value}")
    results["measured"] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "processors": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
    }
    RESULTS.write_bytes(orjson.dumps(results, option=orjson.OPT_INDENT_2) + b"\n")
    return 0


async def _measure(name: str) -> dict[str, float]:
    return await MEASURES[name]()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
