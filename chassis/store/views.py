"""Read models: tables that follow the log, can be dropped at any time, rebuilt beside the live ones
and swapped.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from hashlib import md5
from itertools import groupby
from operator import itemgetter
from typing import Any

from asyncpg import Connection

from chassis.errors import NotFound
from chassis.store import event_letters
from chassis.store.event_letters import EventLetters, Head, next_event, source_of
from chassis.store.faults import is_its_own
from chassis.store.pool import Unanswered, acquire
from chassis.store.portions import Portions
from chassis.store.store import Store
from chassis.store.stored import Stored

_CURSOR = "select position from view_cursors where view = $1 and lane = $2 for update"
_SEED = "insert into view_cursors (view, lane, position) values ($1, $2, 0) on conflict do nothing"
_MOVE = "update view_cursors set position = $3 where view = $1 and lane = $2"
_SEED_ALL = """insert into view_cursors (view, lane, position)
select unnest($1::text[]), $2, 0 on conflict do nothing"""
_CURSORS = """
select view, position from view_cursors where lane = $1 and view = any($2::text[])
order by view for update"""
_MOVE_ALL = """
update view_cursors set position = greatest(position, $3)
where lane = $1 and view = any($2::text[])"""
_BEHIND = """
select exists (
  select 1 from events where lane = $1 and position > coalesce(
    (select min(position) from view_cursors where lane = $1 and view = any($2::text[])
     having count(*) = $3), 0))"""
_ALONE = "select pg_advisory_xact_lock(hashtext($1))"
_LAYOUT = "select obj_description(to_regclass($1), 'pg_class')"
_FORGET_CURSORS = "delete from view_cursors where view = $1"

Apply = Callable[[Connection, str, Sequence[Stored]], Awaitable[None]]
Change = Callable[[Stored], tuple[str, Sequence[Any]] | None]


@dataclass(frozen=True)
class View:
    """One table made of events.

    `schema` are the statements that create it, with `{table}` for its name (a rebuild uses
    another); `apply(connection, table, events)` writes what some events of one lane, in order,
    change in it. Nothing else may write the table. `skips` are types of events that change nothing,
    the commonest: what writes only those needs no transaction for the views' sake.
    """

    name: str
    schema: str
    apply: Apply
    skips: frozenset[str] = frozenset()

    def ddl(self, table: str) -> str:
        """The statements that create the table under a name."""
        return self.schema.format(table=table)


def by_statement(change: Change) -> Apply:
    """An `apply` of one statement for each event, or for several with the same one after the other:
    `change` answers it, with `{table}`, and its values; `None` for an event that changes nothing.
    """

    async def apply(connection: Connection, table: str, events: Sequence[Stored]) -> None:
        changes = [found for found in map(change, events) if found is not None]
        for statement, same in groupby(changes, itemgetter(0)):
            rows = [values for _, values in same]
            if len(rows) == 1:
                await connection.execute(statement.format(table=table), *rows[0])
            else:
                await connection.executemany(statement.format(table=table), rows)

    return apply


def table_of(view: View) -> str:
    """The name of a view's live table."""
    return f"view_{view.name}"


def letters_of(view: View) -> str:
    """The source of the dead letters about events that a view failed for."""
    return source_of("projection", view.name)


def layout(view: View) -> str:
    """What tells one layout of a view's table from another; it is the table's comment."""
    return md5(view.ddl("layout").encode(), usedforsecurity=False).hexdigest()


async def create(connection: Connection, view: View, table: str) -> None:
    """Make a table for a view under a name."""
    await connection.execute(view.ddl(table))
    await connection.execute(f"comment on table {table} is '{layout(view)}'")


@dataclass
class Projector:
    """Keeps the views up with the log; the cursor row's lock makes each event count once, whoever
    projects.

    An event that a view fails for is set aside for that view, which goes on behind it; with
    `strict` (simulations) it is raised.
    """

    store: Store
    views: Sequence[View]
    letters: EventLetters
    batch_size: int = 1000
    strict: bool = False
    _portions: Portions = field(init=False)

    def __post_init__(self) -> None:
        self._portions = Portions(self.store.pool, self.batch_size)

    @property
    def names(self) -> list[str]:
        """What the views are called."""
        return [view.name for view in self.views]

    async def prepare(self) -> None:
        """Create the tables that are missing, and anew those of an earlier version's layout: they
        fill again from the events.
        """
        for view in self.views:
            async with acquire(self.store.pool) as connection, connection.transaction():
                await connection.execute(_ALONE, f"view {view.name}")
                if await connection.fetchval(_LAYOUT, table_of(view)) != layout(view):
                    # Another instance may be writing: the cursors come first, as they do there.
                    await connection.execute(_FORGET_CURSORS, view.name)
                    await connection.execute(f"drop table if exists {table_of(view)}")
                    await create(connection, view, table_of(view))
                    await event_letters.resolve(connection, letters_of(view))

    def reads(self, types: AbstractSet[str]) -> bool:
        """Whether events of these types may change anything in a view."""
        return any(not types <= view.skips for view in self.views)

    async def show(self, connection: Connection, events: Sequence[Stored]) -> None:
        """Apply events in the transaction in which the cursors moved on."""
        for view in self.views:
            fresh = [stored for stored in events if stored.type not in view.skips]
            if fresh:
                await view.apply(connection, table_of(view), fresh)

    async def project(self, lane: int, at_most: int | None = None) -> int:
        """Bring all views up to the end of a lane, which moves while others write, or on by so many
        events (and the rest of a batch); returns how many events they took in.
        """
        if not self.views:
            return 0
        names, done, is_over = self.names, 0, False
        while not is_over and (at_most is None or done < at_most):
            moved, is_over = await self._advance_all(lane, names)
            done += moved
        return done

    async def _advance_all(self, lane: int, names: list[str]) -> tuple[int, bool]:
        """Apply the next batch of a lane; returns how many events it had, and whether it ended with
        the last there was.
        """
        if not any(self._portions.is_late((name, lane)) for name in names):
            try:
                moved = await self._advance_together(lane, names)
            except Exception as error:
                if self.strict:
                    raise
                if not is_its_own(error):
                    for name in names:
                        await self._portions.is_overdue((name, lane), self.batch_size, error)
                    raise
            else:
                return moved, moved < self.batch_size
        moved = await self._advance_each(lane)
        return moved, not moved

    async def _advance_each(self, lane: int) -> int:
        """Advance each view by itself; one that takes too long is raised after the others."""
        done, late = 0, None
        for view in self.views:
            try:
                done += await self.advance(None, view, view.name, table_of(view), lane)
            except Unanswered as error:
                late = error
        if late is not None:
            raise late
        return done

    async def _advance_together(self, lane: int, names: list[str]) -> int:
        """Apply the next batch of a lane to all views, which read it once."""
        async with acquire(self.store.pool) as connection:
            if not await connection.fetchval(_BEHIND, lane, names, len(names)):
                return 0
            async with connection.transaction():
                positions = dict(await connection.fetch(_CURSORS, lane, names))
                if len(positions) < len(names):
                    await connection.execute(_SEED_ALL, names, lane)
                    positions = dict(await connection.fetch(_CURSORS, lane, names))
                after = min(positions.values())
                events = await self.store.lane_after(connection, lane, after, self.batch_size)
                for view in self.views:
                    fresh = [e for e in events if e.position > positions[view.name]]
                    if fresh:
                        await view.apply(connection, table_of(view), fresh)
                if events:
                    await connection.execute(_MOVE_ALL, lane, names, events[-1].position)
                return len(events)

    async def advance(
        self,
        given: Connection | None,
        view: View,
        cursor: str,
        table: str,
        lane: int,
        aside: list[Head] | None = None,
    ) -> int:
        """Apply the next batch of a lane to one table; returns how many events it had. Those set
        aside are added to `aside`. On the connection given, or a fresh one for each transaction:
        the last may have been ended.
        """

        async def take(size: int) -> int:
            async with self._transaction(given) as connection:
                position = await self._position(connection, cursor, lane)
                events = await self.store.lane_after(connection, lane, position, size)
                if events:
                    await view.apply(connection, table, events)
                    await connection.execute(_MOVE, cursor, lane, events[-1].position)
                return len(events)

        async def set_aside(error: Exception) -> int:
            if self.strict:
                raise error
            async with self._transaction(given) as connection:
                position = await self._position(connection, cursor, lane)
                head = await next_event(connection, lane, position)
                if head is None:
                    return 0
                await self.letters.park(connection, "projection", head, error, view.name)
                await connection.execute(_MOVE, cursor, lane, head.position)
            if aside is not None:
                aside.append(head)
            return 1

        return await self._portions.next((cursor, lane), take, set_aside)

    @asynccontextmanager
    async def _transaction(self, given: Connection | None) -> AsyncIterator[Connection]:
        source = nullcontext(given) if given else acquire(self.store.pool)
        async with source as connection, connection.transaction():
            yield connection

    async def _position(self, connection: Connection, cursor: str, lane: int) -> Any:
        """Where a view stands in a lane; its row is locked until the transaction ends."""
        position = await connection.fetchval(_CURSOR, cursor, lane)
        if position is None:
            await connection.execute(_SEED, cursor, lane)
            position = await connection.fetchval(_CURSOR, cursor, lane)
        return position

    async def apply_again(
        self, connection: Connection, name: str, stream: str, version: int
    ) -> None:
        """Apply one event that was set aside for a view; what was behind it went before."""
        view = next((one for one in self.views if one.name == name), None)
        if view is None:
            raise NotFound(f"there is no view {name}")
        stored = await self.store.event(connection, stream, version)
        await self._position(connection, view.name, stored.lane)
        await view.apply(connection, table_of(view), [stored])


async def page_after(
    connection: Connection,
    statement: str,
    wanted: Sequence[Any],
    after: Sequence[Any] | None,
    limit: int,
    *,
    key_columns: int = 4,
) -> list[Any]:
    """A page of rows behind the row whose sort key is `after`, from the first when it is None.

    The statement takes the filter's values, then those of the key (all null for the first page),
    then the limit.
    """
    key = after or (None,) * key_columns
    found: list[Any] = await connection.fetch(statement, *wanted, *key, limit)
    return found
