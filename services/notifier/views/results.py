"""What gateways are to be asked about: notices that were sent some time ago and nobody heard of."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from asyncpg import Connection

from services.notifier.adapters.gateway import Handed
from services.notifier.views.notices import TABLE

_LAST_ID = "~"  # behind every identifier

_PLACES = """
select lane, channel, step, until, notice_id from results_asked
where lane = any($1::int[]) and channel = any($2::text[])"""
_SENT = f"""
select step.lane, step.channel, step.number, sent.*
from unnest($1::int[], $2::text[], $3::int[], $4::timestamptz[], $5::text[], $6::timestamptz[])
  step (lane, channel, number, after, after_id, until)
cross join lateral (
  select creditor, account, notice_id, reference, sent_at, gateway, day, content
  from {TABLE} notice
  where state = 'sent' and notice.lane = step.lane and notice.channel = step.channel
    and sent_at <= step.until
    and (sent_at, notice_id collate "C") > (step.after, step.after_id)
  order by sent_at, notice_id collate "C" limit $7) sent
order by step.channel, step.lane, step.number, sent_at, notice_id collate "C"
"""  # noqa: S608 - a constant
_KEEP = """
insert into results_asked (lane, channel, step, until, notice_id) values ($1, $2, $3, $4, $5)
on conflict (lane, channel, step) do update
set until = excluded.until, notice_id = excluded.notice_id"""


class Place(NamedTuple):
    """Up to which notice a step was taken: by when it was sent, and its id."""

    until: datetime
    notice_id: str = _LAST_ID


Step = tuple[int, str, int]
"""A lane, a channel and the number of the step."""


async def places(
    connection: Connection, lanes: Sequence[int], channels: Sequence[str]
) -> dict[Step, Place]:
    """How far each step is in these lanes and channels."""
    rows = await connection.fetch(_PLACES, lanes, channels)
    return {(lane, channel, step): Place(*place) for lane, channel, step, *place in rows}


async def sent(
    connection: Connection, windows: Mapping[Step, tuple[Place, datetime]], limit: int
) -> dict[Step, list[tuple[Handed, Place]]]:
    """The notices behind each step's place and up to an instant that are still without a result,
    so many of each at most, the first ones first.
    """
    rows = [(*step, *after, until) for step, (after, until) in windows.items()]
    found: dict[Step, list[tuple[Handed, Place]]] = {}
    for row in await connection.fetch(_SENT, *zip(*rows, strict=True), limit):
        handed = Handed(
            notice_id=row["notice_id"],
            creditor=row["creditor"],
            account=row["account"],
            channel=row["channel"],
            reference=row["reference"] or "",
            gateway=row["gateway"] or "",
            day=row["day"],
            content=row["content"] or b"",
        )
        step = row["lane"], row["channel"], row["number"]
        found.setdefault(step, []).append((handed, Place(row["sent_at"], row["notice_id"])))
    return found


async def keep(connection: Connection, step: Step, place: Place) -> None:
    """Remember how far a step is."""
    await connection.execute(_KEEP, *step, *place)
