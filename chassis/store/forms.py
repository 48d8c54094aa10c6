"""Kept states whose form is not today's: they are folded anew from the events.

Where the form of a state changed its revision is another, and rows say of which revision they are
(`chassis/store/revisions.py`): a service starts at once, beside instances of the version before,
and folds anew what they left while it works (`Refolding`). States of today's revision in another
form (a store from before revisions said it) could be read as something they do not say: they are
folded anew before the service starts, alone. The store knows the revision and a digest of the form
that each aggregate's states were last folded to.
"""

import json
from collections.abc import Collection, Iterable
from hashlib import md5
from time import monotonic
from typing import Any, NamedTuple

from asyncpg import Connection
from msgspec import NODEFAULT, Struct, inspect
from msgspec.structs import astuple

from chassis.errors import Misconfigured
from chassis.logging import get_logger
from chassis.store.aggregate import Aggregate
from chassis.store.pool import acquire
from chassis.store.rebuild import rebuild_states
from chassis.store.revisions import learn
from chassis.store.store import Store

log = get_logger(__name__)

_NO_HURRY = ("set statement_timeout = 0", "set lock_timeout = 0")
_AS_BEFORE = ("reset statement_timeout", "reset lock_timeout")
_WAIT_SECONDS_MAX = 6 * 3600.0
_LOCK = "select pg_advisory_lock(hashtext('forms ' || current_schema()))"
_UNLOCK = "select pg_advisory_unlock(hashtext('forms ' || current_schema()))"
_KNOWN = "select state_forms from store_meta"
_HAS_STATES = """
select exists (select from state where split_part(stream, '-', 1) = any($1::text[]))"""
# Who says nothing of leaving is of a version that knows no revisions.
_OTHERS = """
select instance from members
where instance <> $1 and seen_at > clock_timestamp() - make_interval(secs => $2)
  and ($3 or leaving is null) limit 1"""


class Changed(NamedTuple):
    """Aggregates whose states were last folded to something else than today's form: those of the
    same revision, and those of another.
    """

    same: dict[str, str]
    other: dict[str, str]


async def refold_changed(store: Store, instance: str, lease_seconds: float) -> dict[str, str]:
    """Fold the states anew that are of today's revision and not in its form; returns today's forms
    of the aggregates whose states may be of another one, by name.

    One instance does it, others that start wait for it. Raises `Misconfigured` when one is running
    already that may be of a version that would write states in the old form, or would read those of
    another revision.
    """
    async with acquire(store.pool) as connection:
        for statement in _NO_HURRY:
            await connection.execute(statement)
        await connection.execute(_LOCK, timeout=_WAIT_SECONDS_MAX)
        try:
            changed = await _changed(store, connection)
            if changed.other:
                await _require(connection, instance, lease_seconds, alone=False)
            if changed.same:
                if await connection.fetchval(_HAS_STATES, list(changed.same)):
                    await _require(connection, instance, lease_seconds, alone=True)
                    await _refold(store, connection, changed.same)
                await learn(connection, changed.same)
        finally:
            await connection.execute(_UNLOCK)
            for statement in _AS_BEFORE:
                await connection.execute(statement)
    return changed.other


async def _changed(store: Store, connection: Connection) -> Changed:
    known = json.loads(await connection.fetchval(_KNOWN))
    changed = Changed({}, {})
    for name, aggregate in store.aggregates.items():
        form = form_of(aggregate)
        if known.get(name) != form:
            is_same = name not in known or revision_of(known[name]) == aggregate.revision
            (changed.same if is_same else changed.other)[name] = form
    return changed


def revision_of(form: str) -> int:
    """The revision of a form."""
    revision, is_told, _ = form.partition(" ")
    return int(revision) if is_told else 1


async def _require(
    connection: Connection, instance: str, lease_seconds: float, *, alone: bool
) -> None:
    other = await connection.fetchval(_OTHERS, instance, lease_seconds, alone)
    if other is not None:
        raise Misconfigured(
            "this version keeps states in another form and has to write them anew, while instance "
            f"{other} is running: stop all instances of the version before first"
        )


async def _refold(store: Store, connection: Connection, kinds: Collection[str]) -> None:
    names, begun, events = ", ".join(sorted(kinds)), monotonic(), 0

    def passed(number: int) -> None:
        nonlocal events
        events += number

    log.info("states_to_fold_anew", state=names, reason="their form changed")
    await rebuild_states(store, connection, kinds, passed)
    took = round(1000 * (monotonic() - begun))
    log.info("states_folded_anew", state=names, count=events, duration_ms=took)


def form_of(aggregate: Aggregate[Any, Any]) -> str:
    """A digest of how an aggregate's state is written: names, types, defaults and order of its
    fields; where it is not the first, its revision stands before.
    """
    told = f"{aggregate.revision} {_told(inspect.type_info(aggregate.state), {})}"
    digest = md5(told.encode(), usedforsecurity=False).hexdigest()
    return digest if aggregate.revision == 1 else f"{aggregate.revision} {digest}"


def forms_of(aggregates: Iterable[Aggregate[Any, Any]]) -> str:
    """A digest of the forms of some aggregates: versions that keep states alike have the same."""
    forms = sorted(f"{one.name} {form_of(one)}" for one in aggregates)
    return md5("\n".join(forms).encode(), usedforsecurity=False).hexdigest()


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
