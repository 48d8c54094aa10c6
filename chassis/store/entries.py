"""Reading what a unit of work begins with: the states of some streams and the keys of some debtors,
with one statement.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from asyncpg import Connection

from chassis.store.aggregate import Aggregate
from chassis.store.marked import OtherForm
from chassis.store.revisions import fold
from chassis.store.work import Entry, entry_told_anew
from contracts.words.streams import Subject, kind_of

_STATES = "select stream, version, data, lane from state where stream = any($1::text[])"
_STATES_AND_KEYS = """
select stream, version, data, lane, null creditor, null account from state
where stream = any($1::text[]) union all
select null, null, wrapped, null, creditor, account from subject_keys
where (creditor, account) in (select * from unnest($2::text[], $3::text[]))"""


async def read(
    connection: Connection,
    aggregates: Mapping[str, Aggregate[Any, Any]],
    streams: Sequence[str],
    subjects: Sequence[Subject],
) -> tuple[dict[str, Entry], dict[Subject, bytes | None]]:
    """The streams that have events, and the wrapped keys there are: `None` for one that was
    erased.
    """
    found: dict[str, Entry] = {}
    keys: dict[Subject, bytes | None] = {}
    other: dict[str, dict[str, int]] = {}
    for stream, version, data, lane, *owner in await _rows(connection, streams, subjects):
        if stream is None:
            keys[Subject(*owner)] = data
            continue
        aggregate = aggregates[kind_of(stream)]
        try:
            found[stream] = Entry(stream, aggregate, aggregate.decode_state(data), version, lane)
        except OtherForm:
            other.setdefault(aggregate.name, {})[stream] = lane
    for name, lanes in other.items():
        aggregate = aggregates[name]
        for stream, (state, version) in (await fold(connection, aggregate, [*lanes])).items():
            found[stream] = entry_told_anew(stream, aggregate, state, version, lanes[stream])
    return found, keys


async def _rows(connection: Connection, streams: Sequence[str], subjects: Sequence[Subject]) -> Any:
    if not subjects:
        return await connection.fetch(_STATES, streams)
    owners = [one.creditor for one in subjects], [one.account for one in subjects]
    return await connection.fetch(_STATES_AND_KEYS, streams, *owners)
