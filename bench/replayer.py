"""What `arrears replay SERVICE` does, in two parts that are measured apart: the states, the views.

Run by `bench.replay`: `python -m bench.replayer FOLDER DSN PARTITIONS SERVICE states|views`.
"""

import asyncio
import sys
from pathlib import Path

from arrears.stack import open_stack
from bench.meter import Meter, Usage
from bench.sides import Begin, wait_for_the_others
from chassis.runtime.garbage import spare_collections
from chassis.runtime.instance import Instance
from chassis.settings import Settings, service_named
from chassis.store.pool import acquire
from chassis.store.rebuild import rebuild_states, rebuild_views

_COUNT = "select count(*) from events"


def settings_for(folder: Path, dsn: str, partitions: int) -> Settings:
    """Those of services on the embedded bus in one database."""
    return Settings(data_dir=folder, database_url=dsn, bus="embedded", partitions=partitions)


async def run(settings: Settings, name: str, part: str, begin: Begin) -> Usage:
    """Rebuild a part of a service's store and say what it took; raises `RuntimeError` when anything
    came out different.
    """
    async with open_stack(settings, [service_named(name)], migrate=False) as stack:
        service = stack.services[service_named(name)]
        events = await service.pool.fetchval(_COUNT)
        spare_collections()
        await begin()
        meter = Meter()
        different = await (_states(service) if part == "states" else _views(service))
        usage = meter.read(events)
    if different:
        raise RuntimeError(f"{', '.join(different)} of {name} came out different")
    return usage


async def _states(service: Instance) -> list[str]:
    async with acquire(service.pool) as connection:
        kinds = service.store.aggregates
        changed = await rebuild_states(service.store, connection, kinds, _nobody_looks)
    return ["state"] if changed else []


async def _views(service: Instance) -> list[str]:
    return await rebuild_views(service.store, service.projector, _nobody_looks)


def _nobody_looks(_number: int) -> None:
    """Progress is for people."""


if __name__ == "__main__":
    _, folder, dsn, partitions, name, part = sys.argv
    settings = settings_for(Path(folder), dsn, int(partitions))
    asyncio.run(run(settings, name, part, wait_for_the_others)).report()
