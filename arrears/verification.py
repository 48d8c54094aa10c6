"""Going through the stores of services and comparing what they have with their chains."""

import importlib
import os
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import msgspec
from asyncpg import Connection

from arrears.databases import open_databases
from arrears.errors import UsageError
from arrears.schemas import migrations_of
from chassis.settings import ServiceName, Settings
from chassis.store import access, comparing, verifying, verifying_proposals
from chassis.store.pool import connected
from chassis.store.schema import require_this_version
from chassis.store.verifying import Link

Tell = Callable[[str], None]


class Progress(msgspec.Struct):
    """How far a store is verified, and what was wrong so far; `epochs` say which store it is.

    `known` are the ends of the chains that the last verification saw which came to its end,
    `records` the end of the access record. How far that is verified, and what was wrong in it,
    stands by itself: it is verified alone too.
    """

    epochs: list[str]
    known: dict[int, Link] = {}
    lanes: dict[int, Link] = {}
    streams: str = ""
    records: access.End = access.NOWHERE
    records_at: access.End = access.NOWHERE
    records_damage: list[str] = []
    proposals: dict[int, access.End] = {}
    damage: list[str] = []


class Place:
    """A file that keeps how far each service's store is verified."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            told = path.read_bytes()
            self._services = msgspec.json.decode(told, type=dict[str, Progress])
        except FileNotFoundError:
            self._services = {}
        except (OSError, msgspec.MsgspecError) as error:
            raise UsageError(f"{path} is no place of a verification: {error}") from error

    def of(self, service: str, epochs: Sequence[str]) -> Progress:
        """How far a service's store is; from the beginning for one that is not the store it was."""
        found = self._services.get(service)
        if found is None or found.epochs != list(epochs):
            found = self._services[service] = Progress(list(epochs))
        return found

    def save(self) -> None:
        """Put it in the place of what the file had, at once."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        beside.write_bytes(msgspec.json.format(msgspec.json.encode(self._services)))
        beside.replace(self._path)


async def verify(
    settings: Settings, names: Sequence[ServiceName], path: Path, told: Tell, wrong: Tell
) -> int:
    """Verify the stores of some services; returns how much is wrong.

    It goes on where one that was cut off was. `told` hears how it goes, `wrong` each damage.
    """
    place, faults = Place(path), 0
    async for name, connection in _stores(settings, names):
        await verifying.alone(connection)
        faults += await _verified(name, connection, place, told, wrong)
    return faults


async def verify_records(
    settings: Settings, names: Sequence[ServiceName], path: Path, told: Tell, wrong: Tell
) -> int:
    """Verify the access records of some services alone, in the same way and with the same file."""
    place, faults = Place(path), 0
    async for name, connection in _stores(settings, names):
        progress = place.of(name, await verifying.epochs_of(connection))
        faults += await _records(name, connection, progress, place, told, wrong)
    return faults


async def _stores(
    settings: Settings, names: Sequence[ServiceName]
) -> AsyncIterator[tuple[ServiceName, Connection]]:
    async with open_databases(settings, names, bus=False) as databases:
        for name in names:
            async with connected(databases.services[name], name) as connection:
                await require_this_version(connection, name, migrations_of(name))
                yield name, connection


async def _verified(
    name: ServiceName, connection: Connection, place: Place, told: Tell, wrong: Tell
) -> int:
    progress = place.of(name, await verifying.epochs_of(connection))
    for one in progress.damage:
        wrong(f"{name}: {one}")

    def reached(damage: Sequence[object]) -> None:
        for one in damage:
            wrong(f"{name}: {one}")
        progress.damage += map(str, damage)
        place.save()

    reached(await verifying.still_there(connection, progress.known | progress.lanes))
    lanes = await verifying.lanes_of(connection)
    for lane in lanes:
        await _lane(name, connection, progress, lane, told, reached)
    await _streams(name, connection, progress, told, reached)
    decided = await verifying_proposals.verify(connection, lanes, progress.proposals)
    told(f"{name}: {decided.links} proposals and decisions on them compared")
    reached(decided.damage)
    faults = await _records(name, connection, progress, place, told, wrong)
    faults += len(progress.damage)
    progress.known, progress.lanes = progress.lanes, {}
    progress.streams, progress.damage = "", []
    if not decided.damage:  # what is missed is missed until somebody takes the file away
        progress.proposals |= decided.ends
    place.save()
    return faults


async def _records(
    name: ServiceName,
    connection: Connection,
    progress: Progress,
    place: Place,
    told: Tell,
    wrong: Tell,
) -> int:
    number, gone, after = 0, 0, progress.records_at
    begun = f"from record {after.number + 1} on, " if after.number else ""
    for one in progress.records_damage:
        wrong(f"{name}: {one}")
    async for portion in access.verify(connection, after, progress.records):
        number, gone = number + portion.records, portion.gone
        damage = [f"access record {one.number}: {one.what}" for one in portion.broken]
        for one in damage:
            wrong(f"{name}: {one}")
        progress.records_damage += damage
        progress.records_at = portion.reached
        place.save()
    told(f"{name}: {begun}{number} access records, {gone} gone with their time")
    faults = len(progress.records_damage)
    progress.records, progress.records_at = progress.records_at, access.NOWHERE
    progress.records_damage = []
    place.save()
    return faults


async def _lane(
    name: ServiceName,
    connection: Connection,
    progress: Progress,
    lane: int,
    told: Tell,
    reached: Callable[[Sequence[object]], None],
) -> None:
    after, events = progress.lanes.get(lane, Link()), 0
    begun = f"from link {after.number + 1} on, " if after.number else ""
    since = None if after.number else await verifying.begun_at(connection, lane)
    async for portion in verifying.links(connection, lane, after):
        after = progress.lanes[lane] = portion.reached
        events += portion.events
        reached(portion.damage)
    left = await verifying.unlinked(connection, lane, after)
    made = f", first linked {since:%Y-%m-%d %H:%M}Z" if since is not None else ""
    told(f"{name} lane {lane}: {begun}{events} events compared{made}{_tail(left)}")


async def _streams(
    name: ServiceName,
    connection: Connection,
    progress: Progress,
    told: Tell,
    reached: Callable[[Sequence[object]], None],
) -> None:
    number = 0
    begun = f"behind {progress.streams}, " if progress.streams else ""
    async for portion in comparing.streams(connection, _aggregates_of(name), progress.streams):
        progress.streams = portion.last
        number += portion.streams
        reached(portion.damage)
    told(f"{name}: {begun}{number} streams folded and compared with their states")


def _aggregates_of(name: ServiceName) -> comparing.Aggregates:
    module = importlib.import_module(f"services.{name}.domain.aggregates")
    return {one.name: one for one in module.AGGREGATES}


def _tail(left: int) -> str:
    return f", {left} newer ones have no link yet" if left else ""
