"""One system for all faults of the short set, with what is known about it."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest_asyncio

from chassis.servers.kafka import available
from tests.faults.running import Running
from tests.faults.system import System
from tests.faults.watching import Watch
from tests.support.missing import give_up

SEED = 11
_TICKS = 60
_STARTS_PER_TICK = 1
_LEASE_SECONDS = 3.0
_PAUSE_SECONDS = 0.5


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Running]:
    """The four services on a Kafka and a PostgreSQL of their own, behind proxies."""
    reason = available()
    if reason is not None:
        give_up(f"no Kafka here: {reason}")
    folder = Path(tempfile.mkdtemp(prefix="arrears-faults-"))
    system = System(folder, SEED, _TICKS, _STARTS_PER_TICK, _LEASE_SECONDS)
    found = None
    try:
        await system.start()
        watch = Watch(lambda: system.store.dsn, system.broker.bootstrap)
        found = Running(system, Random(SEED), watch, _PAUSE_SECONDS)
        yield found
    finally:
        await system.close()
        if found is not None and not found.violations_found:
            shutil.rmtree(folder)
