"""Folding anew what another version left in its form, portion by portion, while the service works.

A state is read right without it. What it is for are the instants at which streams wake: they were
told by the version that wrote the row, and this one may want others.
"""

from collections.abc import Mapping

from asyncpg import Connection

from chassis.logging import get_logger
from chassis.store.aggregate import Aggregate
from chassis.store.marked import mark_of
from chassis.store.pool import acquire
from chassis.store.revisions import fold, learn
from chassis.store.store import Store

log = get_logger(__name__)

_STREAMS = 500
"""Looked at with one statement, which must not take as long as a statement may; those of them in
another form are locked for as long as folding them takes.
"""
# The bytes are those of `mark_of`: what has no mark is of the first revision.
_PORTION = r"""
select max(stream) as last, array_agg(stream) filter (where $3 <>
  case when substring(data for 1) = '\xc1' then substring(data for 2) else '\xc101' end) as other
from (select stream, data from state where stream > $1 and stream < $2 order by stream limit $4)
  looked_at"""
_LOCK = "select from state where stream = any($1::text[]) order by stream for update"
_SAVE = """
update state set version = folded.version, data = folded.data, wake_at = folded.wake_at
from unnest($1::text[], $2::int[], $3::bytea[], $4::timestamptz[])
  folded (stream, version, data, wake_at)
where state.stream = folded.stream"""
_OTHERS = """
select exists (select from members
  where forms is distinct from $1 and seen_at > clock_timestamp() - make_interval(secs => $2))"""


class Refolding:
    """Makes the states of some aggregates (by name, with their forms) today's, once or again: it is
    to be done again while an instance was seen within a lease that does not keep `ours`, the forms
    of all aggregates (`chassis.store.forms.forms_of`).
    """

    def __init__(
        self,
        store: Store,
        forms: Mapping[str, str],
        ours: str,
        lease_seconds: float,
        at_once: int = _STREAMS,
    ) -> None:
        self._store = store
        self._forms = dict(forms)
        self._others = ours, lease_seconds
        self._at_once = at_once

    async def run(self) -> int:
        """Fold every state anew that is in another form now; returns how many those were.

        The store knows the forms as today's from then on, unless others may still write theirs.
        """
        done = 0
        async with acquire(self._store.pool) as connection:
            others = await connection.fetchval(_OTHERS, *self._others)
        for name in self._forms:
            after: str | None = f"{name}-"
            while after:
                after, number = await self._portion(self._store.aggregates[name], after)
                done += number
        if not others:
            async with acquire(self._store.pool) as connection:
                await learn(connection, self._forms)
        log.info("states_folded_anew", count=done, state=", ".join(sorted(self._forms)))
        return done

    async def _portion(
        self, aggregate: Aggregate[object, object], after: str
    ) -> tuple[str | None, int]:
        """Fold the next of an aggregate; behind which stream to go on, and how many they were."""
        end, mark = f"{aggregate.name}.", mark_of(aggregate.revision)  # "." comes after "-"
        async with acquire(self._store.pool) as connection, connection.transaction():
            last, other = await connection.fetchrow(_PORTION, after, end, mark, self._at_once)
            if other:
                await self._fold(connection, aggregate, other)
        return last, len(other or ())

    async def _fold(
        self, connection: Connection, aggregate: Aggregate[object, object], streams: list[str]
    ) -> None:
        await connection.execute(_LOCK, streams)
        folded = await fold(connection, aggregate, streams)
        await connection.execute(
            _SAVE,
            list(folded),
            [version for _, version in folded.values()],
            [aggregate.encode_state(state) for state, _ in folded.values()],
            [aggregate.wake_at(state) for state, _ in folded.values()],
        )
