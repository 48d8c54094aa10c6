"""An `apply` for a view whose events each make a row or set some of its columns: what some events
lead to is written once for each row, and in one statement for all rows of which the same is set.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

from asyncpg import Connection

from chassis.store.stored import Stored
from chassis.store.views import Apply

_MANY = 8
"""From so many rows on one statement for all takes less than one for each."""
# Kept for a table that was small, a plan for any number of rows reads all of it.
_PLAN_EACH_TIME = "set local plan_cache_mode = force_custom_plan"

Key = tuple[Any, ...]
Values = Mapping[str, Any]


class Change(NamedTuple):
    """What an event changes in the row with a key: the columns it sets. One that `makes` the row
    also sets them in a row that is there already.
    """

    key: Key
    values: Values
    makes: bool = False


class Statement(NamedTuple):
    """A statement of its own, with `{table}`, for an event that changes several rows."""

    text: str
    values: Sequence[Any]


ChangeOf = Callable[[Stored], Change | Statement | None]
_Group = tuple[bool, tuple[str, ...]]
_Row = tuple[Any, ...]


def by_row(key: Sequence[str], types: Mapping[str, str], change: ChangeOf) -> Apply:
    """An `apply` for a table with this primary key and these types of its columns: `change` says
    what an event changes; `None` for one that changes nothing.
    """
    names = tuple(key)

    async def apply(connection: Connection, table: str, events: Sequence[Stored]) -> None:
        rows = _Rows(connection, table, names, types)
        for found in map(change, events):
            match found:
                case Change():
                    await rows.note(found)
                case Statement():
                    await rows.write()
                    await connection.execute(found.text.format(table=table), *found.values)
        await rows.write()

    return apply


class _Rows:
    """Rows with what is to be written of each."""

    def __init__(
        self, connection: Connection, table: str, key: tuple[str, ...], types: Mapping[str, str]
    ) -> None:
        self._connection = connection
        self._table = table
        self._key = key
        self._types = types
        self._found: dict[Key, tuple[bool, dict[str, Any]]] = {}

    async def note(self, change: Change) -> None:
        """Note a change behind those noted before."""
        if change.makes and change.key in self._found:
            await self.write()
        _, values = self._found.setdefault(change.key, (change.makes, {}))
        values.update(change.values)

    async def write(self) -> None:
        """Write what was noted."""
        groups: dict[_Group, list[_Row]] = defaultdict(list)
        for key, (makes, values) in self._found.items():
            groups[makes, tuple(values)].append((*key, *values.values()))
        self._found = {}
        for (makes, columns), rows in groups.items():
            names = (*self._key, *columns)
            if len(rows) >= _MANY:
                await self._write_many(names, rows, makes=makes)
            else:
                text = self._one(names, makes=makes)
                await self._connection.executemany(text, rows)

    def _one(self, names: Sequence[str], *, makes: bool) -> str:
        places = [f"${number}" for number in range(1, len(names) + 1)]
        if makes:
            return self._insert(names, f"values ({', '.join(places)})")
        of_key = len(self._key)
        changes = _listed(f"{n} = {p}" for n, p in list(zip(names, places, strict=True))[of_key:])
        key = " and ".join(f"{n} = {p}" for n, p in zip(self._key, places, strict=False))
        return f"update {self._table} set {changes} where {key}"  # noqa: S608 - names of ours

    async def _write_many(self, names: Sequence[str], rows: list[_Row], *, makes: bool) -> None:
        columns = [list(column) for column in zip(*rows, strict=True)]
        # Most columns have one value in all rows, which need not be sent more than once. One of
        # the key would have the rows looked for by it alone.
        alike = {n for n, c in zip(names, columns, strict=True) if c.count(c[0]) == len(c)}
        shared = alike.difference(self._key)
        values = [c[0] if n in shared else c for n, c in zip(names, columns, strict=True)]
        await self._connection.execute(_PLAN_EACH_TIME)
        await self._connection.execute(self._many(names, shared, makes=makes), *values)

    def _many(self, names: Sequence[str], shared: AbstractSet[str], *, makes: bool) -> str:
        places = {name: f"${n}::{self._types[name]}" for n, name in enumerate(names, 1)}
        varied = [name for name in names if name not in shared]
        arrays = _listed(f"{places[name]}[]" for name in varied)
        given = f"unnest({arrays}) given ({_listed(varied)})"
        value = {name: places[name] if name in shared else f"given.{name}" for name in names}
        if makes:
            return self._insert(names, f"select {_listed(value.values())} from {given}")  # noqa: S608
        changes = _listed(f"{n} = {value[n]}" for n in names[len(self._key) :])
        key = " and ".join(f"t.{n} = {value[n]}" for n in self._key)
        return f"update {self._table} t set {changes} from {given} where {key}"  # noqa: S608

    def _insert(self, names: Sequence[str], rows: str) -> str:
        changes = _listed(f"{n} = excluded.{n}" for n in names[len(self._key) :])
        return (
            f"insert into {self._table} ({_listed(names)}) {rows} "
            f"on conflict ({_listed(self._key)}) do update set {changes}"
        )


def _listed(parts: Iterable[str]) -> str:
    return ", ".join(parts)
