"""States that another version wrote in another form are folded anew where they are met.

While versions of two revisions run side by side, each reads what the other wrote from its events.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from asyncpg import Connection

from chassis.store.packing import unpacked

_EVENTS = """
select stream, version, type, data from events
where stream = any($1::text[]) order by stream, version"""

_LEARN = "update store_meta set state_forms = state_forms || $1::text::jsonb"


async def fold(
    connection: Connection, aggregate: Any, streams: Sequence[str]
) -> dict[str, tuple[Any, int]]:
    """The states and versions of some streams of an aggregate, told by their events."""
    found: dict[str, tuple[Any, int]] = {}
    for stream, version, kind, data in await connection.fetch(_EVENTS, streams):
        state = found[stream][0] if stream in found else aggregate.initial(stream)
        found[stream] = aggregate.evolve(state, aggregate.readers[kind](unpacked(data))), version
    return found


async def learn(connection: Connection, forms: Mapping[str, str]) -> None:
    """Note that the states of some aggregates, by name, were last folded to these forms."""
    await connection.execute(_LEARN, json.dumps(dict(forms)))
