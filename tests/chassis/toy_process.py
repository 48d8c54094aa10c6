"""The toy service as a process of its own that kills or stops itself at a named point.

python -m tests.chassis.toy_process DSN BUS DATA_DIR [POINT:NTH:SIGNAL]
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from chassis.bus.base import Bus
from chassis.bus.embedded import EmbeddedBus
from chassis.bus.embedded_schema import lay_out
from chassis.bus.kafka import KafkaBus
from chassis.clock import WallClock
from chassis.runtime.instance import Instance, no_probe
from chassis.settings import Settings
from chassis.store.migrate import migrate
from tests.chassis import toy

PARTITIONS = 2


def open_bus(dsn: str, kind: str) -> Bus:
    """`embedded`, or host:port of a Kafka broker."""
    if kind == "embedded":
        return EmbeddedBus(dsn, partitions=PARTITIONS)
    return KafkaBus(kind, partitions=PARTITIONS)


def trap(where: str) -> Callable[[str], None]:
    """Send this process a signal when a point is reached for the n-th time."""
    point, number, name = where.split(":")
    left = int(number)

    def probe(reached: str) -> None:
        nonlocal left
        if reached == point:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.Signals[name])

    return probe


async def main(dsn: str, kind: str, data_dir: str, where: str | None = None) -> None:
    await lay_out(dsn)
    await migrate(dsn, toy.blueprint().name)
    bus = open_bus(dsn, kind)
    await bus.start()
    settings = Settings(
        data_dir=Path(data_dir), lease_seconds=1.0, batch_size=20, relay_batch_size=20
    )
    service = await Instance.open(
        toy.blueprint(),
        settings,
        clock=WallClock(),
        bus=bus,
        dsn=dsn,
        probe=no_probe if where is None else trap(where),
    )
    finished = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, finished.set)
    await service.start()
    await finished.wait()
    await service.stop()
    await bus.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
