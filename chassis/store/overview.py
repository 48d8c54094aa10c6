"""Where the lanes of an instance stand: what is committed in them and was not published, shown or
woken, in one statement.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from asyncpg import Connection

_LOOK = """
select relay.lane, relay.position, n.count, first.at,
  coalesce((select min(position) from view_cursors c
            where c.lane = relay.lane and c.view = any($2::text[])), 0),
  coalesce((select max(position) from events e where e.lane = relay.lane), 0),
  exists (select from dead_letters l where l.lane = relay.lane and not l.published),
  exists (select from state where state.lane = relay.lane and wake_at <= $3),
  (select min(wake_at) from state where wake_at > $3)
from relay
cross join lateral (select count(*) from (
  select 1 from events where lane = relay.lane and position > relay.position limit 100000) e) n
left join lateral (
  select at from events where lane = relay.lane and position > relay.position
  order by position limit 1) first on true
where relay.lane = any($1::int[])"""


class LaneOverview(NamedTuple):
    """One lane: the position up to which it is published, how many events are behind that, and the
    instant of the first; the position that the slowest view has reached, and the last there is;
    whether dead letters are to be published, and whether a wake-up is due. `next_wake_at` is when
    something of any lane is to be woken after that.
    """

    lane: int
    published: int
    unpublished: int
    first_at: datetime | None
    shown: int
    last: int
    has_letters: bool
    is_due: bool
    next_wake_at: datetime | None


async def overview(
    connection: Connection, lanes: Collection[int], views: Sequence[str], now: datetime
) -> list[LaneOverview]:
    """Where some lanes and the views named stand."""
    rows = await connection.fetch(_LOOK, list(lanes), list(views), now)
    return [LaneOverview(*row) for row in rows]
