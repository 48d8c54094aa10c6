"""One system for all faults of the short set, with what is known about it."""

from collections.abc import AsyncIterator
from random import Random

import pytest
import pytest_asyncio

from chassis.servers.kafka import available
from tests.conftest import IN_CI
from tests.faults.running import Running
from tests.faults.system import System
from tests.faults.watching import Watch

SEED = 11
_TICKS = 60
_STARTS_PER_TICK = 1


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """The four services on a Kafka and a PostgreSQL of their own, behind proxies."""
    reason = available()
    if reason is not None:
        (pytest.fail if IN_CI else pytest.skip)(f"no Kafka here: {reason}")
    system = System(tmp_path_factory.mktemp("faults"), SEED, _TICKS, _STARTS_PER_TICK)
    try:
        await system.start()
        watch = Watch(lambda: system.store.dsn, system.broker.bootstrap)
        yield Running(system, Random(SEED), watch)
    finally:
        await system.close()
