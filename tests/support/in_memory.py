"""One service without servers: its tables and its domain around states kept in memory."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.runtime.blueprint import Blueprint
from chassis.store.stored import Stored
from chassis.store.vault import KeyRing
from chassis.store.work import Entry, Work
from chassis.store.wrapping import master_key
from contracts.words.streams import Subject, kind_of

MASTER = master_key(b"m" * 32)


class Service:
    """One service's tables around the states it keeps in memory.

    `facts` are what its wake-ups read from the database first, by aggregate; an aggregate whose
    facts nobody gives is not woken.
    """

    def __init__(self, blueprint: Blueprint, facts: Mapping[str, Any] | None = None) -> None:
        self.name = blueprint.name
        self.aggregates = {a.name: a for a in blueprint.aggregates}
        self.messages, self.publish = blueprint.messages, blueprint.publish
        self.facts = facts or {}
        self.wakes = {
            name: wake
            for name, wake in blueprint.wakes.items()
            if wake.prepare is None or name in self.facts
        }
        self.states: dict[str, tuple[Any, int]] = {}
        self.stored: list[Stored] = []
        self.histories: dict[str, list[Stored]] = {}
        self.raw: list[tuple[str, bytes]] = []
        self.wrapped: dict[Subject, bytes | None] = {}

    def run(
        self,
        streams: Sequence[str],
        now: datetime,
        handle: Callable[[Work], None],
        cause: str | None,
    ) -> list[Stored]:
        """One unit of work; what it raises leaves everything as it was."""
        work = Work(
            now=now,
            lane=0,
            entries={name: self.entry(name) for name in streams},
            keys=KeyRing(MASTER, self.wrapped),
            histories={name: self.histories.get(name, []) for name in streams},
        )
        work.begin(cause, streams)
        work.facts = self.facts.get(kind_of(streams[0])) if streams else None
        handle(work)
        new = []
        for lane, stream, version, kind, instant, why, data in work.pending:
            event = self.aggregates[kind_of(stream)].decode_event(data)
            position = len(self.stored) + 1
            new.append(Stored(stream, version, kind, instant, why, event, lane, position))
            self.stored.append(new[-1])
            self.histories.setdefault(stream, []).append(new[-1])
            self.raw.append((stream, data))
        self.wrapped |= work.keys.fresh | dict.fromkeys(work.keys.erased)
        self.states.update({n: (e.state, e.version) for n, e in work.entries.items() if e.version})
        return new

    def due(self) -> list[tuple[datetime, str]]:
        """The streams that ask to be woken, and when."""
        found = []
        for name, (state, _) in self.states.items():
            wake = self.aggregates[kind_of(name)].wake_at(state)
            if wake is not None and kind_of(name) in self.wakes:
                found.append((wake, name))
        return sorted(found)

    def state(self, stream: str) -> Any:
        """The state of a stream, the initial one of a stream that has no events."""
        return self.entry(stream).state

    def fold(self) -> dict[str, tuple[Any, int]]:
        """The states as the stored events alone make them."""
        states: dict[str, tuple[Any, int]] = {}
        for name, data in self.raw:
            kind = self.aggregates[kind_of(name)]
            state, version = states.get(name) or (kind.initial(name), 0)
            states[name] = (kind.evolve(state, kind.decode_event(data)), version + 1)
        return states

    def encoded(self, states: Mapping[str, tuple[Any, int]]) -> dict[str, tuple[bytes, int]]:
        """States as the store keeps them."""
        return {
            name: (self.aggregates[kind_of(name)].encode_state(state), version)
            for name, (state, version) in states.items()
        }

    def read_back(self, states: Mapping[str, tuple[bytes, int]]) -> None:
        """Go on with states as the store keeps them."""
        self.states = {
            name: (self.aggregates[kind_of(name)].decode_state(data), version)
            for name, (data, version) in states.items()
        }

    def entry(self, name: str) -> Entry:
        """A stream as a unit of work loads it."""
        kind = self.aggregates[kind_of(name)]
        state, version = self.states.get(name) or (kind.initial(name), 0)
        return Entry(name, kind, state, version, 0)
