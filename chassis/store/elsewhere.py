"""Which lanes of a service this database holds, and which another one.

Each lane is held by one database at a time: its events, states and everything else of it are there,
and only instances on that database work on it. A row of `lanes` with `elsewhere` says that the lane
is not here, or on its way. Who writes without a lane's epoch (commands) shares the lock of its row,
so that whoever moves the lane knows that nobody writes in it any more.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from asyncpg import Connection

from chassis.errors import Elsewhere, Misconfigured, Rejected
from contracts.words.streams import creditor_of, kind_of

_IS_AWAY = """
select coalesce(elsewhere_at, '') from lanes
where lane = $1 and elsewhere is not null and owner is null"""
_SHARE = "select 1 from lanes where lane = $1 for share"
_LANES = """
select lane, epoch, owner, elsewhere, elsewhere_at, is_leaving from {schema}.lanes order by lane"""
_ANY = "select elsewhere_at from {schema}.lanes where elsewhere is not null limit 1"
_OTHERS = """
select elsewhere, min(elsewhere_at), array_agg(lane order by lane) from lanes
where elsewhere is not null group by 1 order by 1"""
_PLACE = "select place from store_meta"


class Standing(NamedTuple):
    """Where one lane is: `elsewhere` is the place of the database it went to, or goes to while it
    `is_leaving`; None: here. `elsewhere_at` is how people call that place.
    """

    lane: int
    epoch: int
    owner: str | None
    elsewhere: str | None
    elsewhere_at: str | None
    is_leaving: bool


def refusal(lane: int) -> Elsewhere:
    """What whoever asks for something of a lane that is not here is told."""
    return Elsewhere(
        f"lane {lane} is in another database of this service: ask an instance that works on that"
    )


async def require_here(connection: Connection, lane: int) -> None:
    """Raise `Elsewhere` for a lane that went to another database; it stays until the transaction
    ends.
    """
    await connection.execute(_SHARE, lane)
    if await connection.fetchval(_IS_AWAY, lane) is not None:
        raise refusal(lane)


def require_divisible(undivided: Collection[str], streams: Iterable[str]) -> None:
    """Raise `Rejected` for a stream that belongs to no single lane, of a kind in `undivided`."""
    for stream in streams:
        if kind_of(stream) in undivided:
            raise Rejected(
                f"{kind_of(stream)}-{creditor_of(stream)} belongs to all lanes, and some are in "
                "another database: it is not kept there"
            )


async def place(connection: Connection) -> str:
    """By what the other databases of the service know this one."""
    found: str = await connection.fetchval(_PLACE)
    return found


async def lanes(connection: Connection, schema: str) -> list[Standing]:
    """Where the lanes of a store are; none where it was never started."""
    rows = await connection.fetch(_LANES.format(schema=schema))
    return [Standing(*row) for row in rows]


class Other(NamedTuple):
    """Another database of the service: its place, how people call it, and lanes that went there."""

    place: str
    at: str
    lanes: list[int]


async def others(connection: Connection) -> list[Other]:
    """The databases that have lanes of the store, beside this one, as far as it knows."""
    return [Other(*row) for row in await connection.fetch(_OTHERS)]


async def require_together(connection: Connection, schema: str, what: str) -> None:
    """Raise `Misconfigured` where lanes of a store are in another database, for what needs all."""
    other = await connection.fetchval(_ANY.format(schema=schema))
    if other is not None:
        raise Misconfigured(
            f"lanes of {schema} are in another database ({other}), and {what} works on one alone: "
            f"bring them back first (`arrears lanes move {schema}` with that one's settings)"
        )
