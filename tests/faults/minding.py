"""Whoever tries the faults may be killed in the middle: what they started is ended all the same.

A process of its own waits at a pipe. When the pipe ends without a word, it ends every process that
was started with the run's mark in its environment, or that works in the run's folder, and lets go
of the file systems mounted there.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
MARK = "ARREARS_FAULTS_RUN"
_ROUNDS_MAX = 50
_WELL = b"done"


class Minder:
    """Ends what this process started in a folder, should this process end without `close`."""

    def __init__(self, folder: Path) -> None:
        os.environ[MARK] = mark = f"{os.getpid()}-{time.monotonic_ns()}"
        self._process = subprocess.Popen(
            [sys.executable, __file__, mark, str(folder)],
            stdin=subprocess.PIPE,
            start_new_session=True,  # what ends us must not end it
        )

    def close(self) -> None:
        """All was ended in order."""
        os.environ.pop(MARK, None)
        self._process.communicate(_WELL)


async def until_told(work: Coroutine[Any, Any, T]) -> T:
    """Do this, and end it in order on SIGTERM, as asyncio does on SIGINT."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await task
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


def started(mark: str, folder: str) -> Iterator[int]:
    """Processes of a run."""
    wanted = f"{MARK}={mark}".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                works_there = str((entry / "cwd").readlink()).startswith(f"{folder}/")
                if works_there or wanted in (entry / "environ").read_bytes().split(b"\0"):
                    yield int(entry.name)


def end_all(mark: str, folder: str) -> None:
    for _ in range(_ROUNDS_MAX):
        left = list(started(mark, folder))
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if not left:
            break
        time.sleep(0.1)
    for line in Path("/proc/mounts").read_text().splitlines():
        place = line.split()[1]
        if place.startswith(f"{folder}/"):
            subprocess.run(["umount", "-l", place], check=False)


if __name__ == "__main__":
    if sys.stdin.buffer.read() != _WELL:
        end_all(*sys.argv[1:])
