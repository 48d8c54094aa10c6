"""Services as `arrears serve` runs them, on a clock the tests set, and with points to stop at.

Their processes are forked from one that has imported everything, since importing takes far longer
than starting.
"""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Mapping
from pathlib import Path

from arrears import live
from chassis.logging import configure
from chassis.settings import Settings, service_named
from services.dunning import main as _dunning  # noqa: F401 - imported before the fork
from services.ledger import main as _ledger  # noqa: F401
from services.legal import main as _legal  # noqa: F401
from services.notifier import main as _notifier  # noqa: F401
from tests.faults.clock import ShiftedClock

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])
_COUNT_SECONDS = 1.0


class Trap:
    """Does once what stands in a file, `point:SIGNAL`, when that point is reached."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, point: str) -> None:
        try:
            wanted, _, name = self._path.read_text().partition(":")
        except FileNotFoundError:
            return
        if wanted == point:
            self._path.unlink(missing_ok=True)
            os.kill(os.getpid(), signal.Signals[name])


def serve(service: str, settings: Mapping[str, str], log: Path, clock: Path, trap: Path) -> None:
    """Run a service until SIGTERM: the body of a process."""
    into(log, settings)
    own = Settings()
    configure(service, own.log_level)
    asyncio.run(_serve(own, service, clock, trap))


def into(log: Path, settings: Mapping[str, str]) -> None:
    """Let this process write into a file, and have these settings."""
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ.update(settings)


async def _serve(settings: Settings, service: str, clock: Path, trap: Path) -> None:
    counting = asyncio.create_task(_count_tasks(trap.with_suffix(".tasks")))
    try:
        await live.run(
            settings,
            [service_named(service)],
            lambda: None,
            clock=ShiftedClock(clock),
            probe=Trap(trap),
        )
    finally:
        counting.cancel()


async def _count_tasks(file: Path) -> None:
    """Say again and again how many tasks there are, for those who look for leaks."""
    while True:
        file.write_text(str(len(asyncio.all_tasks())))
        await asyncio.sleep(_COUNT_SECONDS)
