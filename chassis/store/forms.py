"""Kept states whose form is not today's: they are folded anew from the events before a service
starts.

A state is stored without a word about its form, so bytes of an older one could be read as
something they do not say. The store therefore keeps a digest of each aggregate's form, and what
was written in another one is never read.
"""

import json
from collections.abc import Collection
from hashlib import md5
from time import monotonic
from typing import Any

from asyncpg import Connection
from msgspec import NODEFAULT, Struct, inspect
from msgspec.structs import astuple

from chassis.errors import Misconfigured
from chassis.logging import get_logger
from chassis.store.aggregate import Aggregate
from chassis.store.pool import acquire
from chassis.store.rebuild import rebuild_states
from chassis.store.store import Store

log = get_logger(__name__)

_NO_HURRY = ("set statement_timeout = 0", "set lock_timeout = 0")
_AS_BEFORE = ("reset statement_timeout", "reset lock_timeout")
_WAIT_SECONDS_MAX = 6 * 3600.0
_LOCK = "select pg_advisory_lock(hashtext('forms ' || current_schema()))"
_UNLOCK = "select pg_advisory_unlock(hashtext('forms ' || current_schema()))"
_KNOWN = "select state_forms from store_meta"
_LEARN = "update store_meta set state_forms = state_forms || $1::text::jsonb"
_STATES = "select count(*) from state where split_part(stream, '-', 1) = any($1::text[])"
_OTHERS = """
select instance from members
where instance <> $1 and seen_at > clock_timestamp() - make_interval(secs => $2) limit 1"""


async def refold_changed(store: Store, instance: str, lease_seconds: float) -> None:
    """Fold the states anew whose form is not the one they were written in.

    One instance does it, others that start wait for it. Raises `Misconfigured` when one is running
    already: it may be of the version before, and would go on writing states in the old form.
    """
    async with acquire(store.pool) as connection:
        for statement in _NO_HURRY:
            await connection.execute(statement)
        await connection.execute(_LOCK, timeout=_WAIT_SECONDS_MAX)
        try:
            changed = await _changed(store, connection)
            if await connection.fetchval(_STATES, list(changed)):
                await _require_alone(connection, instance, lease_seconds)
                await _refold(store, connection, changed)
            await connection.execute(_LEARN, json.dumps(changed))
        finally:
            await connection.execute(_UNLOCK)
            for statement in _AS_BEFORE:
                await connection.execute(statement)


async def _changed(store: Store, connection: Connection) -> dict[str, str]:
    """Today's forms of the aggregates whose states are kept in another one, or in an unknown."""
    known = json.loads(await connection.fetchval(_KNOWN))
    forms = {name: form_of(aggregate) for name, aggregate in store.aggregates.items()}
    return {name: form for name, form in forms.items() if known.get(name) != form}


async def _require_alone(connection: Connection, instance: str, lease_seconds: float) -> None:
    other = await connection.fetchval(_OTHERS, instance, lease_seconds)
    if other is not None:
        raise Misconfigured(
            "this version keeps states in another form and has to write them anew, while instance "
            f"{other} is running: stop all instances of the version before first"
        )


async def _refold(store: Store, connection: Connection, kinds: Collection[str]) -> None:
    names, begun, events = sorted(kinds), monotonic(), 0

    def passed(number: int) -> None:
        nonlocal events
        events += number

    log.info("states_to_fold_anew", aggregates=names, reason="their form changed")
    await rebuild_states(store, connection, kinds, passed)
    seconds = round(monotonic() - begun, 1)
    log.info("states_folded_anew", aggregates=names, events=events, seconds=seconds)


def form_of(aggregate: Aggregate[Any, Any]) -> str:
    """A digest of how an aggregate's state is written: names, types, defaults and order of its
    fields, and its revision.
    """
    told = f"{aggregate.revision} {_told(inspect.type_info(aggregate.state), {})}"
    return md5(told.encode(), usedforsecurity=False).hexdigest()


def _told(kind: Any, seen: dict[type, int]) -> str:
    """A type with all it is made of; a struct met again is told by its number."""
    if isinstance(kind, inspect.StructType):
        return _struct(kind, seen)
    if isinstance(kind, Struct):
        parts = [_told(each, seen) for each in astuple(kind)]
        return f"{type(kind).__name__}({', '.join(parts)})"
    if isinstance(kind, tuple):
        return f"[{', '.join(_told(each, seen) for each in kind)}]"
    return repr(kind)


def _struct(kind: inspect.StructType, seen: dict[type, int]) -> str:
    if kind.cls in seen:
        return f"#{seen[kind.cls]}"
    seen[kind.cls] = len(seen)
    fields = [
        f"{field.encode_name}: {_told(field.type, seen)} = {_default(field)}"
        for field in kind.fields
    ]
    return f"{kind.array_like} {kind.tag_field} {kind.tag} {{{', '.join(fields)}}}"


def _default(field: inspect.Field) -> str:
    """What is not stored where it says nothing new: another default makes another form."""
    factory = field.default_factory
    return repr(field.default if factory is NODEFAULT else factory())
