"""Whether a store's schema is that of this version: a start asks, and changes nothing.

The revisions are read from their files, without Alembic, which only `chassis.store.migrate` needs.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from asyncpg import Connection

from chassis.errors import WrongSchema

SHARED = Path(__file__).parent / "migrations" / "versions"
"""The revisions that the store of every service has."""

_IS_THERE = "select to_regclass($1) is not null"
_AT = "select version_num from {schema}.alembic_version"
_REVISION = re.compile(r'^(down_)?revision = "(\w+)"$', re.MULTILINE)


class Revisions(NamedTuple):
    """What this version knows of a schema: all its revisions, and the last of each branch."""

    known: frozenset[str]
    newest: frozenset[str]


def revisions(extra: Sequence[Path] = ()) -> Revisions:
    """The revisions of every store, and those in a service's own folders."""
    found: dict[bool, set[str]] = {True: set(), False: set()}
    for folder in (SHARED, *extra):
        for file in folder.glob("*.py"):
            for down, revision in _REVISION.findall(file.read_text("utf-8")):
                found[bool(down)].add(revision)
    return Revisions(frozenset(found[False]), frozenset(found[False] - found[True]))


async def at(connection: Connection, schema: str) -> frozenset[str]:
    """The revisions a schema is at, one for each branch; none where there is no such schema."""
    if not await connection.fetchval(_IS_THERE, f"{schema}.alembic_version"):
        return frozenset()
    rows = await connection.fetch(_AT.format(schema=schema))
    return frozenset(row["version_num"] for row in rows)


async def require_this_version(
    connection: Connection, schema: str, extra: Sequence[Path] = ()
) -> None:
    """Raise `WrongSchema` for a schema that is missing, older or newer, with what to do then."""
    found, ours = await at(connection, schema), revisions(extra)
    _require_not_newer(schema, found, ours)
    _require_not_older(schema, found, ours)


async def standing(
    connection: Connection, schema: str, ours: Revisions
) -> Literal["right", "newer"]:
    """How the schema of a running instance stands: a later version may have migrated it meanwhile,
    and only added to it. Raises `WrongSchema` for one that is gone or older.
    """
    found = await at(connection, schema)
    if not ours.known.issuperset(found):
        return "newer"
    _require_not_older(schema, found, ours)
    return "right"


async def require_not_newer(
    connection: Connection, schema: str, extra: Sequence[Path] = ()
) -> None:
    """Raise `WrongSchema` for a schema that a later version has migrated."""
    _require_not_newer(schema, await at(connection, schema), revisions(extra))


def _require_not_older(schema: str, found: Collection[str], ours: Revisions) -> None:
    todo = f"run `arrears migrate {schema}` first"
    if not found:
        raise WrongSchema(f"there is no {schema} schema in its database: {todo}")
    if found != ours.newest:
        raise WrongSchema(
            f"the {schema} schema is older than this version: it is at {listed(found)}, and "
            f"{listed(ours.newest)} is needed: {todo}"
        )


def _require_not_newer(schema: str, found: Collection[str], ours: Revisions) -> None:
    if not ours.known.issuperset(found):
        raise WrongSchema(
            f"the {schema} schema is newer than this version: it is at {listed(found)}, and this "
            f"version knows it up to {listed(ours.newest)}: use the version that migrated it, or a "
            "later one"
        )


def listed(names: Iterable[str]) -> str:
    """Revisions, for people."""
    return ", ".join(sorted(names))
