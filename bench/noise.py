"""How noisy the machine is while it measures: `machine_noise` and `machine_busy_elsewhere_percent`.

The first is how far repetitions of one short piece of work lie apart, done before and after a group
of measurements: the 90th percentile less the 10th, of the median. The work is what a small batch
is: some computing, and a write that must reach the disk. The second is what others used of the
processors meanwhile, in percent of one core.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.meter import TICKS_PER_SECOND

REPETITIONS = 30
_STEPS = 1_000_000
_BLOCK = bytes(8192)


class Noise(AbstractContextManager["Noise"]):
    """Measures around a group: `with Noise() as noise: …`, then `noise.figures()`."""

    def __init__(self, repetitions: int = REPETITIONS) -> None:
        self._repetitions = repetitions
        self._samples: list[float] = []
        self._seconds = 0.0
        self._elsewhere = 0.0

    def __enter__(self) -> Self:
        self._samples += repeat_work(self._repetitions)
        self._elsewhere -= _used_by_all() - _used_by_us()
        self._seconds -= time.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._seconds += time.monotonic()
        self._elsewhere += _used_by_all() - _used_by_us()
        self._samples += repeat_work(self._repetitions)

    def figures(self) -> dict[str, float]:
        """Both figures of what was measured."""
        busy = 100 * max(0.0, self._elsewhere) / self._seconds
        return {
            "machine_noise": round(spread(self._samples), 3),
            "machine_busy_elsewhere_percent": round(busy, 1),
        }


def spread(seconds: Sequence[float]) -> float:
    """How far the middle four fifths of some durations lie apart, as a share of their median."""
    tenths = statistics.quantiles(seconds, n=10, method="inclusive")
    return (tenths[8] - tenths[0]) / tenths[4]


def repeat_work(repetitions: int) -> list[float]:
    """The seconds each of some repetitions of the work took."""
    found = []
    with tempfile.NamedTemporaryFile(prefix="arrears-bench-") as file:
        for _ in range(repetitions):
            began = time.perf_counter()
            sum(range(_STEPS))
            file.write(_BLOCK)
            file.flush()
            os.fsync(file.fileno())
            found.append(time.perf_counter() - began)
    return found


def _used_by_all() -> float:
    """Processor seconds of everything on this machine since it started, and what its host kept."""
    user, nice, system, _, _, irq, softirq, stolen, *_ = map(
        int, Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    )
    return (user + nice + system + irq + softirq + stolen) / TICKS_PER_SECOND


def _used_by_us() -> float:
    """Those of this process and of its children that have ended."""
    return sum(os.times()[:4])
