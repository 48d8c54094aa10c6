"""A read model whose rows are each a fold of the events with one key."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from asyncpg import Connection

from chassis.store.stored import Stored
from chassis.store.views import View
from contracts.words.streams import subject_of

Row = dict[str, Any]
Fold = Callable[[Row, Stored], None]
KeyOf = Callable[[Stored], str | None]


def rows_view(name: str, key: str, schema: str, key_of: KeyOf, folds: Mapping[str, Fold]) -> View:
    """A table of which each row is folded from the events of a creditor with its key; its primary
    key is (creditor, key).

    `folds` is the literal table from event type to what it changes in the row (a dict of column
    values, empty but for creditor and key when it is new); events of other types, and those for
    which `key_of` answers `None`, change nothing.
    """
    return View(name, schema, _Rows(key, key_of, folds).apply)


@dataclass(frozen=True)
class _Rows:
    key: str
    key_of: KeyOf
    folds: Mapping[str, Fold]

    async def apply(self, connection: Connection, table: str, events: Sequence[Stored]) -> None:
        """Fold some events of one lane into the table: one query for the rows, one statement to
        write them.
        """
        wanted = [
            ((owner_of(e)[0], key), e)
            for e in events
            if e.type in self.folds and (key := self.key_of(e))
        ]
        if not wanted:
            return
        found = await self._load(connection, table, {place for place, _ in wanted})
        for (creditor, key), stored in wanted:
            row = found.setdefault((creditor, key), {"creditor": creditor, self.key: key})
            self.folds[stored.type](row, stored)
        await self._save(connection, table, [found[key] for key in sorted(found)])

    async def _load(
        self, connection: Connection, table: str, places: set[tuple[str, str]]
    ) -> dict[tuple[str, str], Row]:
        statement = (
            f"select to_jsonb(t) from {table} t where (creditor, {self.key}) "  # noqa: S608 - names of ours
            "in (select * from unnest($1::text[], $2::text[]))"
        )
        columns = [list(column) for column in zip(*places, strict=True)]
        rows = [orjson.loads(row[0]) for row in await connection.fetch(statement, *columns)]
        return {(row["creditor"], row[self.key]): row for row in rows}

    async def _save(self, connection: Connection, table: str, rows: Sequence[Row]) -> None:
        columns = sorted({column for row in rows for column in row})
        names = ", ".join(columns)
        changes = ", ".join(
            f"{c} = excluded.{c}" for c in columns if c not in ("creditor", self.key)
        )
        # Rows written together may have different columns: a missing one is null, as in the table.
        statement = (
            f"insert into {table} ({names}) select {names} "  # noqa: S608 - names of ours
            f"from jsonb_populate_recordset(null::{table}, $1::jsonb) "
            f"on conflict (creditor, {self.key}) do update set {changes}"
        )
        await connection.execute(statement, orjson.dumps(rows).decode())


def owner_of(stored: Stored) -> tuple[str, str | None]:
    """Creditor and account of a stream; no account for the creditor's own."""
    creditor, account = subject_of(stored.stream)
    return creditor, account or None


def place(row: Row, stored: Stored) -> None:
    """Note whose row it is."""
    row["creditor"], row["account"] = owner_of(stored)
