"""Whether the events of each stream still make the state that is kept of it.

It shows a change of what has no link in its lane's chain, or had none when it was changed, and of a
state, also one that would wake too late; not of what an event says without a word of it in a state.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import msgspec
from asyncpg import Connection

from chassis.store.aggregate import Aggregate
from chassis.store.marked import OtherForm
from chassis.store.packing import unpacked
from chassis.store.verifying import Damage
from contracts.words.streams import kind_of

_STATES = """
select stream, version, data,
  case when wake_at < '9998-01-01' then greatest(wake_at, '0002-01-01') end as wake_at,
  exists (select from dead_letters d
    where d.source = 'wake' and d.stream = state.stream and d.state = 'parked') as is_put_off
from state where stream > $1 order by stream limit $2"""
_EVENTS = """
select stream, version, type, position, data from events
where stream > $1 and stream <= $2 order by stream, version"""
_BEHIND_ALL = "\U0010ffff"
_STREAMS_AT_ONCE = 500
_ROWS = 500
_NAMED_MAX = 20

Aggregates = Mapping[str, Aggregate[Any, Any]]


class Compared(NamedTuple):
    """Some streams that were compared: the last of them, how many, and what is wrong."""

    last: str
    streams: int
    damage: Sequence[Damage]


async def streams(
    connection: Connection, aggregates: Aggregates, after: str, at_once: int = _STREAMS_AT_ONCE
) -> AsyncIterator[Compared]:
    """Fold each stream behind one, in order, and compare it with its state, a portion at a time.

    States and events of a portion are read in one snapshot: writers go on meanwhile.
    """
    last = after
    while last != _BEHIND_ALL:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            rows = await connection.fetch(_STATES, after, at_once)
            last = rows[-1]["stream"] if len(rows) == at_once else _BEHIND_ALL
            found = await _folded(connection, aggregates, after, last)
        damage: list[Damage] = []
        for row in rows:
            stream = row["stream"]
            damage += (found.pop(stream, None) or _Folding(aggregates, stream)).compared(row)
        damage += [Damage("it has events and no state", None, stream) for stream in found]
        after = last if last != _BEHIND_ALL or not rows else rows[-1]["stream"]
        if rows or damage:
            yield Compared(after, len(rows), damage)


async def _folded(
    connection: Connection, aggregates: Aggregates, after: str, last: str
) -> dict[str, "_Folding"]:
    found: dict[str, _Folding] = {}
    cursor = await connection.cursor(_EVENTS, after, last)
    while rows := await cursor.fetch(_ROWS):
        for stream, *told in rows:
            folding = found.get(stream)
            if folding is None:
                folding = found[stream] = _Folding(aggregates, stream)
            folding.add(*told)
    return found


class _Folding:
    """A stream, folded as far as its events go on whole."""

    def __init__(self, aggregates: Aggregates, stream: str) -> None:
        self._stream = stream
        self._aggregate = aggregates.get(kind_of(stream))
        self._state = None if self._aggregate is None else self._aggregate.initial(stream)
        self._version = 0
        self._gone: list[int] = []
        self._unreadable: Damage | None = None
        self._is_of_another_form = False

    def add(self, version: int, kind: str, position: int, data: bytes) -> None:
        """The next event there is."""
        self._miss(version)
        self._version = version
        if self._aggregate is None or self._gone or self._unreadable:
            return
        try:
            event = self._aggregate.readers[kind](unpacked(data))
            if kind not in self._aggregate.upcasts and _type_of(event) != kind:
                raise msgspec.ValidationError(kind)  # noqa: TRY301
            self._state = self._aggregate.evolve(self._state, event)
        # whatever a changed event leads to
        except Exception as error:  # noqa: BLE001
            why = type(error).__name__
            what = f"its event {version} does not go on behind those before: {why}"
            self._unreadable = Damage(what, None, self._stream, position)

    def compared(self, row: Any) -> list[Damage]:
        """What is wrong, beside a state."""
        version, last = row["version"], self._version
        self._miss(version + 1)
        found = [self._damage(f"its event {one} is gone") for one in self._gone]
        if last > version:
            found.append(self._damage(f"it has events behind {version}, its last one"))
        if self._unreadable:
            found.append(self._unreadable)
        if not found and not self._is(row["data"]):
            found.append(self._damage(f"its state at version {version} is not what its events say"))
        if not found and self._sleeps_on(row):
            found.append(self._damage("it would be woken later than its events say, or never"))
        return found

    def _miss(self, version: int) -> None:
        gone = range(self._version + 1, version)
        self._gone += islice(gone, _NAMED_MAX - len(self._gone))

    def _is(self, kept: bytes) -> bool:
        aggregate = self._aggregate
        if aggregate is None:
            return False
        folded = aggregate.encode_state(self._state)
        try:
            return folded == kept or (
                aggregate.decode_state(kept) == aggregate.decode_state(folded)
            )
        except OtherForm:  # another version's: it is folded anew where it is met
            self._is_of_another_form = True
            return True
        except msgspec.DecodeError:
            return False

    def _sleeps_on(self, row: Any) -> bool:
        """Whether it comes too late to what it has to do by itself; who failed at it is put off."""
        if self._aggregate is None or self._is_of_another_form or row["is_put_off"]:
            return False
        due, wakes = self._aggregate.wake_at(self._state), row["wake_at"]
        return due is not None and (wakes is None or wakes > due)

    def _damage(self, what: str) -> Damage:
        return Damage(what, None, self._stream)


def _type_of(event: Any) -> Any:
    return type(event).__struct_config__.tag
