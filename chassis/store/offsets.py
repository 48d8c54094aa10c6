"""How far each lane has read each topic; moved on in the transaction that holds the effects."""

from collections.abc import Mapping, Sequence

from asyncpg import Connection

from chassis.errors import Transient

Positions = dict[tuple[str, int], int]
"""The next offset of each (topic, lane)."""

_OF_LANE = "select topic, next_offset from offsets where lane = $1 and topic = any($2::text[])"
_MOVE = """
insert into offsets as o (topic, lane, next_offset)
select topic, $1, next from unnest($2::text[], $3::bigint[], $4::bigint[]) n (topic, was, next)
on conflict (topic, lane) do update set next_offset = excluded.next_offset
where o.next_offset = (
  select was from unnest($2::text[], $3::bigint[]) w (topic, was) where w.topic = o.topic)"""
_BEGIN_AT = """
insert into offsets (topic, lane, next_offset)
select * from unnest($1::text[], $2::int[], $3::bigint[])"""


async def of_lane(connection: Connection, lane: int, topics: Sequence[str]) -> Positions:
    """Where a lane stands on each topic it has consumed from before."""
    rows = await connection.fetch(_OF_LANE, lane, topics)
    return {(row["topic"], lane): row["next_offset"] for row in rows}


async def move(
    connection: Connection, lane: int, was: Mapping[tuple[str, int], int], to: Positions
) -> None:
    """Move a lane on; raises `Transient` when it does not stand where it was left: whoever reads it
    begins again from where it stands.
    """
    status = await connection.execute(
        _MOVE, lane, [topic for topic, _ in to], [was[place] for place in to], list(to.values())
    )
    if status != f"INSERT 0 {len(to)}":
        raise Transient(f"the offsets of lane {lane} are not where this consumer left them")


async def begin_at(connection: Connection, positions: Positions) -> None:
    """Give a store that has read nothing the places where it begins to read."""
    topics, lanes = [topic for topic, _ in positions], [lane for _, lane in positions]
    await connection.execute(_BEGIN_AT, topics, lanes, list(positions.values()))
