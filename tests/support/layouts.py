"""New schemas laid out by what the first migration of their kind ran, in one round trip.

A migration from nothing runs a hundred statements through Alembic, and a thousand tests begin with
one. It reads nothing of what is there, so that its statements are the same each time.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from chassis import postgres
from chassis.store import migrate

Upgrade = Callable[[str, str, Sequence[Path], Sequence[str]], Awaitable[bool]]
REALLY: Upgrade = migrate._is_upgraded
_heard: ContextVar[list[str]] = ContextVar("_heard")
"""What the migration of this task ran."""
_IS_NEW = "select not exists (select from pg_class where relnamespace = $1::regnamespace)"


class Layouts:
    """The statements of migrations from nothing, by schema, folders and revisions."""

    def __init__(self, upgrade: Upgrade = REALLY) -> None:
        self._upgrade = upgrade
        self._scripts: dict[tuple[object, ...], str] = {}

    async def is_upgraded(
        self, dsn: str, schema: str, extra: Sequence[Path], to: Sequence[str]
    ) -> bool:
        """In place of the migration's own step, which it takes for all but a new schema whose like
        was seen before.
        """
        kind = (schema, *extra, *to)
        connection = await postgres.connect(dsn, server_settings={"search_path": schema})
        try:
            is_new = await connection.fetchval(_IS_NEW, schema)
            if is_new and kind in self._scripts:
                await connection.execute(self._scripts[kind])
                return True
        finally:
            await connection.close()
        token = _heard.set([])
        try:
            is_upgraded = await self._upgrade(dsn, schema, extra, to)
            if is_new and is_upgraded:
                self._scripts[kind] = ";\n".join(("begin", *_heard.get(), "commit"))
        finally:
            _heard.reset(token)
        return is_upgraded


def _hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
    """What Alembic runs; without what it asks, which alone has parameters."""
    if not parameters:
        _heard.get([]).append(statement)


@contextmanager
def remembered() -> Iterator[None]:
    """Have this process' migrations remembered."""
    event.listen(Engine, "before_cursor_execute", _hear)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrate, "_is_upgraded", Layouts().is_upgraded)
        yield
    event.remove(Engine, "before_cursor_execute", _hear)
