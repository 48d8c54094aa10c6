"""What a measured process used: time, processor time of itself and of PostgreSQL, memory."""

import os
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import orjson

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """One side of a measurement; `warm_seconds` is what the second half of its events took, where
    that is told.
    """

    events: int
    seconds: float
    client_cpu_seconds: float
    server_cpu_seconds: float = 0.0
    peak_memory_mb: float = 0.0
    warm_seconds: float | None = None

    @property
    def events_per_second(self) -> float:
        return self.events / self.seconds

    @property
    def warm_events_per_second(self) -> float:
        """How fast the second half went; the whole, where that is not told."""
        if self.warm_seconds is None:
            return self.events_per_second
        return self.events / 2 / self.warm_seconds

    @property
    def client_cpu_us(self) -> float:
        """Microseconds of processor time per event in the measured process."""
        return self.client_cpu_seconds / self.events * 1e6

    @property
    def server_cpu_us(self) -> float:
        """Microseconds of processor time per event in all PostgreSQL processes."""
        return self.server_cpu_seconds / self.events * 1e6

    def report(self) -> None:
        """Hand the figures to the process that started this one."""
        sys.stdout.buffer.write(orjson.dumps(asdict(self)) + b"\n")

    @classmethod
    def parse(cls, line: bytes) -> Self:
        return cls(**orjson.loads(line))

    @classmethod
    def together(cls, usages: Sequence[Self], server_cpu_seconds: float) -> Self:
        """What processes that began at once used together, and the server they share."""
        return cls(
            events=sum(usage.events for usage in usages),
            seconds=max(usage.seconds for usage in usages),
            client_cpu_seconds=sum(usage.client_cpu_seconds for usage in usages),
            server_cpu_seconds=server_cpu_seconds,
            peak_memory_mb=sum(usage.peak_memory_mb for usage in usages),
            warm_seconds=max((usage.warm_seconds or 0 for usage in usages), default=0) or None,
        )


class Meter:
    """Measures from its making to `read`: this process, and a server if that is named."""

    def __init__(self, server_pid: int | None = None) -> None:
        self._server_pid = server_pid
        self._server = self._of_server()
        self._client = time.process_time()
        self._began = time.perf_counter()

    def read(self, events: int) -> Usage:
        """What was used since; the memory is the process's peak since it began."""
        return Usage(
            events=events,
            seconds=time.perf_counter() - self._began,
            client_cpu_seconds=time.process_time() - self._client,
            server_cpu_seconds=self._of_server() - self._server,
            peak_memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        )

    def _of_server(self) -> float:
        return 0.0 if self._server_pid is None else cpu_of_tree(self._server_pid)


def cpu_of_tree(pid: int) -> float:
    """Processor seconds of a process, its children, and those of its children that have ended."""
    children = [_cpu_ticks(child, ended=False) for child in _children(pid)]
    return (_cpu_ticks(pid, ended=True) + sum(children)) / TICKS_PER_SECOND


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def _cpu_ticks(pid: int, *, ended: bool) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0  # it ended meanwhile and is counted with its parent
    fields = stat.rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11 : 15 if ended else 13])


def resident_mb(pid: int) -> float:
    """The memory a process has at this moment."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
