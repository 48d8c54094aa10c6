"""Lanes of a service in several databases: where they are, and moving them while all works on."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from asyncpg import Connection

from arrears.databases import open_databases
from arrears.schemas import migrations_of
from chassis import postgres
from chassis.bus.base import lane_of
from chassis.errors import Misconfigured
from chassis.postgres import require_verified
from chassis.runtime.blueprint import Blueprint
from chassis.runtime.instance import no_probe
from chassis.settings import ServiceName, Settings
from chassis.store import elsewhere, moving, views
from chassis.store.key import keys_of_store
from chassis.store.migrate import migrate
from chassis.store.partitions import number_of
from chassis.store.schema import require_this_version
from contracts.words.streams import key_of, subject_of
from services.ledger.main import BLUEPRINT as LEDGER

MOVABLE: Mapping[ServiceName, Blueprint] = {"ledger": LEDGER}
"""Services whose lanes may be in several databases."""

_LOCK = "select pg_advisory_lock(hashtext('lanes ' || current_schema()))"
_BEING_REBUILT = r"""
select tablename from pg_tables where schemaname = current_schema() and tablename like '%\_next'"""
_BEFORE = "select to_regclass('inbox_before') is not null"
_STREAMS = "select stream, lane from state where strpos(stream, '/') > 0"
_LAYOUT = "select obj_description(to_regclass($1), 'pg_class')"
_AT_ONCE = 10_000


async def listed(settings: Settings, service: ServiceName) -> list[elsewhere.Standing]:
    """Where each lane is, as the database of the settings knows."""
    async with open_databases(settings, [service], bus=False) as databases:
        connection = await postgres.connect(databases.services[service])
        try:
            await require_this_version(connection, service, migrations_of(service))
            return await elsewhere.lanes(connection, service)
        finally:
            await connection.close()


async def move(
    settings: Settings,
    service: ServiceName,
    lanes: Sequence[int],
    to: str,
    probe: Callable[[str], None] = no_probe,
) -> None:
    """Carry lanes from the database of the settings to another one, while instances work on both.

    One that was never used becomes a database of the service, with no lane but these. Safe to
    repeat, wherever it was cut off. Raises `Misconfigured` for what cannot be in several databases.
    """
    blueprint = MOVABLE.get(service)
    if blueprint is None or blueprint.undivided is None:
        raise Misconfigured(
            f"{service} keeps what belongs to no single lane: its lanes stay in one database"
        )
    require_verified(to, settings.plaintext)
    await migrate(to, service, migrations_of(service))
    async with open_databases(settings, [service], bus=False) as databases:
        dsn = databases.owned[service]
        async with _connected(dsn, service) as source, _connected(to, service) as target:
            for connection in (source, target):
                await require_this_version(connection, service, migrations_of(service))
                await moving.require_this_version(connection, settings.lease_seconds)
            place = await elsewhere.place(target)
            if place == await elsewhere.place(source):
                raise Misconfigured("that is the database the lanes are in")
            for connection in (source, target):
                await connection.execute(_LOCK)
            await _require_movable(source, lanes)
            await moving.make_alike(source, target, named(dsn))
            await _same_views(source, target, blueprint)
            work = moving.Move(
                source=source,
                target=target,
                place=place,
                at=named(to),
                views=[views.table_of(one) for one in blueprint.views],
                undivided=blueprint.undivided,
                lease_seconds=settings.lease_seconds,
                master=(await keys_of_store(source, settings, service)).master,
                probe=probe,
            )
            await work.require_divisible()
            await work.mark(lanes)
            for lane in lanes:
                await work.carry(lane)


def named(dsn: str) -> str:
    """How people call a database: where it is, without who may enter."""
    parts = urlsplit(dsn)
    where = parts.netloc.rpartition("@")[2] or "localhost"
    return f"{where}{parts.path}"


@asynccontextmanager
async def _connected(dsn: str, schema: str) -> AsyncIterator[Any]:
    """A connection that takes as long as it takes."""
    connection = await postgres.connect(
        dsn, server_settings={"search_path": schema, "application_name": "arrears-lanes"}
    )
    try:
        yield connection
    finally:
        await connection.close()


async def _require_movable(source: Connection, lanes: Sequence[int]) -> None:
    """Raise `Misconfigured` for a store whose rows are not all of the lane of their account, or
    that is being rebuilt.
    """
    partitions = await number_of(source)
    if partitions is None or not all(0 <= lane < partitions for lane in lanes):
        raise Misconfigured(f"there are {partitions or 0} lanes, from 0 on")
    if await source.fetchval(_BEFORE):
        raise Misconfigured(
            "the store was filled by a version that did not know of messages whose they are: its "
            "lanes stay in one database"
        )
    if found := await source.fetchval(_BEING_REBUILT):
        raise Misconfigured(f"{found} is being rebuilt (`arrears replay`): let it end first")
    async with source.transaction():
        async for stream, lane in source.cursor(_STREAMS, prefetch=_AT_ONCE):
            if lane_of(key_of(*subject_of(stream)).encode(), partitions) != lane:
                raise Misconfigured(
                    "accounts are in other lanes than their messages come in, since there were "
                    "fewer partitions once: the lanes stay in one database"
                )


async def _same_views(source: Connection, target: Connection, blueprint: Blueprint) -> None:
    """Make the views' tables where there are none; both must have those of this version."""
    for view in blueprint.views:
        table = views.table_of(view)
        if await source.fetchval(_LAYOUT, table) != views.layout(view):
            raise Misconfigured(f"{table} is not of this version: start it there first")
        found = await target.fetchval(_LAYOUT, table)
        if found is None:
            await views.create(target, view, table)
        elif found != views.layout(view):
            raise Misconfigured(f"{table} is of another version there: start this one there first")
