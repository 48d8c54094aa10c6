"""The unit of work: states and keys loaded before, pure functions run on them, everything committed
together.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from chassis.errors import BrokenInvariant
from chassis.recorders import Recorder, written
from chassis.store.aggregate import Aggregate
from chassis.store.stored import Stored
from chassis.store.vault import Field, KeyRing
from chassis.tracing.spans import Span, under
from contracts.words.streams import Subject, kind_of

Pending = tuple[int, str, int, str, datetime, str | None, bytes]
"""An event waiting for the commit: lane, stream, version, type, at, cause, data, as the columns of
the `events` table. A plain tuple, since one is made for every event.
"""


_NONE_OF_OURS = -1
FEW = 1_000
"""So many events, states or messages at most are written by one call; COPY pays for more."""


class HistoryMissing(BrokenInvariant):
    """A handler asked for the history of a stream that was not loaded."""

    def __init__(self, stream: str) -> None:
        super().__init__(f"the history of {stream} was not loaded")
        self.stream = stream


class Entry:
    """One loaded stream and what became of it.

    `lane` is the one the stream began in: all its events are stored there, whichever lane's
    messages and commands they come from.
    """

    __slots__ = ("aggregate", "lane", "loaded_version", "state", "stream", "version")

    def __init__(
        self, stream: str, aggregate: Aggregate[Any, Any], state: Any, version: int, lane: int
    ) -> None:
        self.stream = stream
        self.lane = lane
        self.aggregate = aggregate
        self.state = state
        self.version = version
        self.loaded_version = version


class Work:
    """What a handler sees: states to read, events to append, the instant, and the debtor's sealed
    data.

    Only streams named beforehand may be touched; `BrokenInvariant` otherwise, since loading one by
    one would cost a query each. `beside` is what the service keeps beside the streams. `kept` are
    states that need not be read, `cold` the streams that were. `traced` are the parts of `pending`
    (first, behind the last) that belong to a trace. `recorder` is whose token asked for it.
    `has_letters` says that dead letters go with it, `wake_at` when the first of the states it saved
    is to be woken. `stored` are its events as the store has them and `before` the last position the
    lane had before them, where that is known; `events` are the first of `pending` as objects, all
    of them where they are few. `is_shown` says that the views have them, `calls_workers` that they
    may have something to do for it.
    """

    def __init__(
        self,
        *,
        now: datetime,
        lane: int,
        keys: KeyRing,
        entries: dict[str, Entry] | None = None,
        histories: dict[str, Sequence[Stored]] | None = None,
    ) -> None:
        self.now = now
        self.lane = lane
        self.cause: str | None = None
        self.recorder: Recorder | None = None
        self.streams: Sequence[str] = ()
        self.facts: Any = None
        self.beside: Any = None
        self.entries: dict[str, Entry] = {} if entries is None else entries
        self.keys = keys
        self.pending: list[Pending] = []
        self.events: list[Any] = []
        self.stored: list[Stored] = []
        self.before: int | None = None
        self.is_shown = self.calls_workers = False
        self.has_letters = False
        self.wake_at: datetime | None = None
        self.traced: list[tuple[int, int, Span]] = []
        self.kept: Mapping[str, Entry] = {}
        self.cold: list[str] = []
        self.histories: dict[str, Sequence[Stored]] = {} if histories is None else histories
        self._undo: list[tuple[Entry, Any, int]] = []
        self._mark = 0

    def entry(self, stream: str) -> Entry:
        """A loaded stream; `BrokenInvariant` when nobody named it beforehand."""
        try:
            return self.entries[stream]
        except KeyError:
            raise BrokenInvariant(f"{stream} was not loaded for this work") from None

    def state(self, stream: str) -> Any:
        """The stream's state, with what this work has appended so far."""
        return self.entry(stream).state

    def version(self, stream: str) -> int:
        """How many events the stream has, with what this work has appended so far."""
        return self.entry(stream).version

    def append(self, stream: str, events: Iterable[Any]) -> None:
        """Evolve the stream by new events; they are stored when the work is committed."""
        entry = self.entry(stream)
        evolve, state = entry.aggregate.evolve, entry.state
        new = list(events)
        for event in new:
            state = evolve(state, event)
        self.advance(entry, new, state)

    def advance(self, entry: Entry, events: Iterable[Any], state: Any) -> None:
        """Append events together with the state they lead to, for whoever has it already."""
        version, encode = entry.version, entry.aggregate.encode_event
        is_kept = len(self.pending) < FEW
        stream, lane, now, cause = entry.stream, entry.lane, self.now, self.cause
        recorder = self.recorder
        self._undo.append((entry, entry.state, version))
        for event in events:
            version += 1
            kind = event.__struct_config__.tag
            data = encode(event)
            if recorder is not None:
                data = written(data, recorder)
            self.pending.append((lane, stream, version, kind, now, cause, data))
            if is_kept:
                self.events.append(event)
        entry.state, entry.version = state, version

    def history(self, stream: str) -> Sequence[Stored]:
        """All events of the stream, oldest first, with what this work has appended so far.

        Raises `HistoryMissing` where it was not loaded: the consumer then loads it and calls the
        handler again, so that only those who need a history pay for it.
        """
        if stream not in self.histories:
            raise HistoryMissing(stream)
        decode = self.entry(stream).aggregate.decode_event
        return [*self.histories[stream]] + [
            Stored(stream, version, kind, at, cause, decode(data), lane, 0)
            for lane, name, version, kind, at, cause, data in self.pending
            if name == stream
        ]

    def seal(self, subject: Subject, value: Any, field: Field) -> bytes:
        """Encrypt personal data for one subject; empty when the subject was erased."""
        return self.keys.seal(subject, value, field)

    def open(self, subject: Subject, sealed: bytes, field: Field) -> Any:
        """Decrypt what `seal` returned; `None` when the subject was erased."""
        return self.keys.open(subject, sealed, field)

    def is_erased(self, subject: Subject) -> bool:
        """Whether the subject's key was destroyed."""
        return self.keys.is_erased(subject)

    def erase(self, subject: Subject) -> None:
        """Destroy the subject's key when this work is committed."""
        self.keys.erase(subject)

    def begin(self, cause: str | None, streams: Sequence[str] = ()) -> None:
        """Start on the next message: what follows can be undone by itself.

        `streams` are those its route named; the handler finds them as `work.streams`.
        """
        self.cause = cause
        self.streams = streams
        self._undo.clear()
        self._mark = len(self.pending)

    def undo(self) -> None:
        """Take back what was appended since `begin`."""
        for entry, state, version in reversed(self._undo):
            entry.state, entry.version = state, version
        del self.pending[self._mark :]
        del self.events[self._mark :]
        self._undo.clear()

    def place(self, before: int, positions: Iterable[int], *, is_shown: bool) -> None:
        """Note which positions the events got, the lane's last one before, and whether the views
        have them.
        """
        self.before, self.is_shown = before, is_shown
        self.stored = [
            Stored(stream, version, kind, at, cause, event, lane, position)
            for (lane, stream, version, kind, at, cause, _), event, position in zip(
                self.pending, self.events, positions, strict=True
            )
        ]

    def lanes(self) -> list[int]:
        """The lanes its events go to: its own, but for streams that began in another."""
        return sorted({pending[0] for pending in self.pending})

    def touched(self) -> set[int]:
        """The lanes in which it leaves something to be published: events, or dead letters."""
        return {*self.lanes(), *([self.lane] if self.has_letters else ())}

    @contextmanager
    def under(self, span: Span | None) -> Iterator[None]:
        """Let what happens inside, and the events it leads to, belong to a span."""
        if span is None:
            yield
            return
        first = len(self.pending)
        with under(span):
            yield
        self.traced.append((first, len(self.pending), span))

    def end_spans(self) -> None:
        """Tell the spans that are over with this work, after it was committed."""
        for _, _, span in self.traced:
            span.end()

    def changed(self) -> list[tuple[str, Entry]]:
        """The streams that gained events, and those whose state was kept in another form."""
        return [item for item in self.entries.items() if item[1].version != item[1].loaded_version]


def fresh_entry(aggregates: Mapping[str, Aggregate[Any, Any]], stream: str, lane: int) -> Entry:
    """The entry of a stream nobody has written to yet; it would begin in this lane."""
    aggregate = aggregates[kind_of(stream)]
    return Entry(stream, aggregate, aggregate.initial(stream), 0, lane)


def entry_told_anew(
    stream: str, aggregate: Aggregate[Any, Any], state: Any, version: int, lane: int
) -> Entry:
    """The entry of a stream whose kept state is of another form: it is written with the next
    commit, with new events or without.
    """
    entry = Entry(stream, aggregate, state, version, lane)
    entry.loaded_version = _NONE_OF_OURS
    return entry
