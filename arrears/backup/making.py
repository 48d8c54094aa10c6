"""Making a backup: all stores as of one moment, and what of the bus was not read by everybody.

Each service's relay positions are read first, then where the topics end, then the snapshot is
taken (`moment.py`). What is published up to those ends is therefore said by events of the snapshot,
and whatever events of the snapshot are published behind them come after those positions: a restored
store publishes them again, and nobody needs what stands behind the ends (`restoring.py`).
"""

import contextlib
import os
from collections.abc import Mapping, Sequence
from datetime import UTC
from importlib.metadata import version
from pathlib import Path

from asyncpg import Connection

from arrears.backup import bus as stretches
from arrears.backup import manifest
from arrears.backup.files import Writing
from arrears.backup.manifest import FORMAT, Manifest, Rows, Service, Tail
from arrears.backup.moment import Connections, connected, one_moment
from arrears.backup.unfinished import finish, unfinished
from arrears.databases import Databases, open_databases
from arrears.stack import open_bus
from chassis.bus.base import Bus
from chassis.errors import Misconfigured
from chassis.settings import SERVICES, ServiceName, Settings
from chassis.store import copies, elsewhere, restored
from chassis.store.offsets import Positions


async def make(settings: Settings, folder: Path) -> Manifest:
    """Back all services up into a new folder, while they run or not; it is there whole or not at
    all.
    """
    _require_free(folder)
    _require_store(settings)
    with unfinished(folder) as beside:
        async with (
            open_databases(settings) as databases,
            connected(databases.owned) as connections,
        ):
            await _require_stores(connections)
            if _may_outlive(databases):
                await _note_beginning(connections)
            async with open_bus(settings, databases) as bus:
                made = await _fill(settings, databases, connections, bus, beside)
            _sync(beside)
            finish(beside, folder)
            _sync(folder.parent)
            if _may_outlive(databases):
                await _note_end(connections, made.services)
    return made


async def _fill(
    settings: Settings, databases: Databases, connections: Connections, bus: Bus, folder: Path
) -> Manifest:
    relayed = {name: await copies.relayed(one, name) for name, one in connections.items()}
    ids = await _topics(connections)
    await _require_bus(bus, ids)
    topics = sorted(ids)
    ends, starts = await bus.end_offsets(topics), await bus.start_offsets(topics)
    async with one_moment(databases.owned, connections) as at:
        services = {
            name: await _copy(one, name, relayed[name], folder) for name, one in connections.items()
        }
    tails = await _tails(bus, services, starts, ends, folder)
    made = Manifest(
        format=FORMAT,
        version=version("arrears"),
        at=at.astimezone(UTC),
        bus=settings.bus,
        topics=ids,
        ends=tuple((topic, lane, offset) for (topic, lane), offset in sorted(ends.items())),
        services=services,
        tails=tails,
    )
    manifest.write(folder, made)
    return made


async def _copy(
    connection: Connection, name: str, relayed: dict[int, int], folder: Path
) -> Service:
    rows = []
    for table in await copies.tables(connection, name):
        with Writing(folder, f"{name}/{table.name}.gz") as writing:
            count = await copies.copy_out(connection, name, table, writing.write)
            rows.append(Rows(table, count, writing.done()))
    return Service(await copies.describe(connection, name, relayed), tuple(rows))


async def _tails(
    bus: Bus,
    services: Mapping[ServiceName, Service],
    starts: Positions,
    ends: Positions,
    folder: Path,
) -> tuple[Tail, ...]:
    """Save what some reader had yet to read, topic by topic."""
    unread = stretches.lowest([stretches.standing(one.store, starts) for one in services.values()])
    tails = []
    for topic in sorted({topic for topic, _ in unread}):
        here = {place: at for place, at in unread.items() if place[0] == topic}
        with Writing(folder, f"{topic}.messages.gz") as writing:
            count = 0
            async for record in stretches.between(bus, here, ends):
                await writing.record(record)
                count += 1
            tails.append(Tail(topic, count, writing.done()))
    return tuple(tails)


async def _topics(connections: Connections) -> dict[str, str]:
    """The topics that services read, with their ids."""
    found = await _described(connections)
    return {topic: known for one in found for topic, known in one.reads.items()}


def _may_outlive(databases: Databases) -> bool:
    """Whether the bus may be there when the stores are lost: one in their database is lost with it,
    and a restore needs nothing of it.
    """
    return databases.bus not in databases.owned.values()


async def _require_bus(bus: Bus, topics: Mapping[str, str]) -> None:
    """Raise `Misconfigured` for a bus that is not the one the stores were filled from."""
    there = False
    with contextlib.suppress(Misconfigured):
        there = await bus.topic_ids(sorted(topics)) == topics
    if not there:
        raise Misconfigured(
            "the bus of the settings is not the one these stores were filled from: name it with "
            "--kafka, or with ARREARS_BUS and ARREARS_KAFKA_BOOTSTRAP"
        )


async def _note_beginning(connections: Connections) -> None:
    """What this backup is going to need of the bus stays while it is made, the first one too."""
    await _note(connections, await _described(connections), finished=False)


async def _note_end(connections: Connections, services: Mapping[ServiceName, Service]) -> None:
    """From now on what this backup needs stays, and what only the one before needed may go."""
    await _note(connections, [one.store for one in services.values()], finished=True)


async def _note(
    connections: Connections, stores: Sequence[copies.Store], *, finished: bool
) -> None:
    """Let the stores know what of the bus a backup needs, so that nothing takes it off: on Kafka an
    erasure takes all that is older along, the embedded bus lets go of what all have read.
    """
    read = [{(topic, lane): at for topic, lane, at in one.offsets} for one in stores]
    for name, connection in connections.items():
        await restored.note_backup(connection, name, stretches.lowest(read), finished=finished)


async def _described(connections: Connections) -> list[copies.Store]:
    return [await copies.describe(one, name, {}) for name, one in connections.items()]


async def _require_stores(connections: Connections) -> None:
    missing = [name for name, one in connections.items() if not await copies.has_store(one, name)]
    if missing:
        raise Misconfigured(
            f"there is no store of {', '.join(missing)} where the settings say: a backup is of all "
            "services, so the database of each must be named (ARREARS_DATABASE_URL, or "
            "ARREARS_LEDGER_DATABASE_URL and so on), and migrated"
        )
    for name, one in connections.items():
        if await restored.is_restoring(one, name):
            raise Misconfigured(f"the {name} store is being restored: there is nothing to back up")
        await elsewhere.require_together(one, name, "`arrears backup`")


def _require_free(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Misconfigured(f"{folder} is there already and not empty: name a new folder")


def _require_store(settings: Settings) -> None:
    """Starting a server would make a store where there is none."""
    embedded = any(settings.database_of(name) is None for name in SERVICES)
    if embedded and not (settings.data_dir / "postgres").exists():
        raise Misconfigured(f"there is no store in {settings.data_dir.absolute()}")


def _sync(folder: Path) -> None:
    """What was written survives the machine."""
    for one in [folder, *(path for path in folder.iterdir() if path.is_dir())]:
        descriptor = os.open(one, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def summary(made: Manifest) -> Sequence[str]:
    """A backup in a few lines."""
    size = sum(one.size for one in made.files())
    events = {
        name: next(rows.count for rows in one.tables if rows.table.name == "events")
        for name, one in made.services.items()
    }
    told = ", ".join(f"{name} {count}" for name, count in events.items())
    unread = sum(tail.count for tail in made.tails)
    return [
        f"of {made.at:%Y-%m-%d %H:%M:%S} UTC, version {made.version}, {size / 1e6:.1f} MB",
        f"events: {told}; messages not read by everybody: {unread}",
    ]
