"""Timers: streams whose `wake_at` has come are loaded in batches and handled on the same path as
messages.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from asyncpg import Connection, Record

from chassis.clock import Clock
from chassis.errors import BrokenInvariant, Conflict
from chassis.metrics import Metrics
from chassis.runtime.leases import Leases
from chassis.runtime.routes import WakeRoute
from chassis.runtime.signals import AT_ONCE, NEVER, Signals
from chassis.runtime.traced import waking
from chassis.store.committing import Committing, NotShown
from chassis.store.event_letters import EventLetters, Head, resolve, streams_parked
from chassis.store.faults import is_its_own
from chassis.store.overdue import TookTooLong
from chassis.store.pool import acquire
from chassis.store.portions import Portions
from chassis.store.store import Store
from chassis.store.work import Work
from contracts.words.streams import Subject, kind_of, subject_of

_DUE = """
select stream, wake_at from state
where lane = $1 and wake_at <= $2
  and (wake_at, stream) > (coalesce($4::timestamptz, '-infinity'), $5::text)
order by wake_at, stream limit $3"""
_LOOK = """
select array(
    select held.lane from unnest($2::int[]) held (lane)
    where exists (select from state where state.lane = held.lane and wake_at <= $1)),
  (select min(wake_at) from state where wake_at > $1)"""
_PUT_OFF = "update state set wake_at = $2 where stream = any($1::text[])"
_FIRST = None, ""
_ATTEMPTS = 5
_PUT_OFF_FOR = timedelta(hours=1)
_LATE_PUT_OFF_FOR = timedelta(days=1)  # each try costs the lane minutes


@dataclass
class Wakes:
    """Fires what is due in the lanes this instance holds.

    A wake-up that raises is put off, with a dead letter, so that it does not hold up others; with
    `strict` (simulations) it is raised.
    """

    store: Store
    committing: Committing
    leases: Leases
    routes: Mapping[str, WakeRoute]
    clock: Clock
    signals: Signals
    metrics: Metrics
    probe: Callable[[str], None]
    letters: EventLetters
    batch_size: int = 200
    strict: bool = False
    failing: dict[int, set[str]] = field(default_factory=dict)
    """By lane, the streams with a dead letter because they could not be woken."""
    fired: Counter[int] = field(default_factory=Counter)
    """By lane, how many were handled."""
    nothing_due: dict[int, datetime] = field(default_factory=dict)
    """By lane, when nothing was: nothing is late by more than the time since, even where an import
    of the past has wake-ups that were due long ago."""
    _behind: dict[int, tuple[datetime, str]] = field(default_factory=dict)
    """By lane, the last one of a full batch: the next begins behind it, and does not pass once more
    over all that this morning's batches have left in the index."""
    _looked_in: frozenset[tuple[int, int]] = frozenset()
    """The lanes that were held, and in which epoch, when this looked last."""
    _portions: Portions = field(init=False)

    def __post_init__(self) -> None:
        self._portions = Portions(self.store.pool, self.batch_size)

    async def lanes_due(self) -> list[int]:
        """The held lanes in which something is due, as the store says."""
        signals, held = self.signals, frozenset(self.leases.held.items())
        signals.wake_at = NEVER  # what is expected from here on may be committed too late for it
        try:
            async with acquire(self.store.pool) as connection:
                now = self.clock.now()
                due, after = await connection.fetchrow(_LOOK, now, [lane for lane, _ in held])
        except BaseException:
            signals.expect(AT_ONCE)
            raise
        signals.expect(after or NEVER)
        signals.notify_wakes(due)
        self._looked_in = held
        self._note_nothing_due(now)
        return sorted(due)

    async def lanes_called(self) -> list[int]:
        """The same, without asking the store while nothing can be due as far as is known here: all
        that this process writes is, and the look every few seconds adds the rest.
        """
        now = self.clock.now()
        if self.signals.wake_at <= now or self._looked_in != self.leases.held.items():
            await self.lanes_due()
        else:
            self._note_nothing_due(now)
        return sorted(self.signals.due & self.leases.held.keys())

    def seconds_until_due(self) -> float:
        """How long nothing is due, as far as is known here."""
        return (self.signals.wake_at - self.clock.now()).total_seconds()

    def _note_nothing_due(self, now: datetime) -> None:
        self.nothing_due.update(
            {lane: now for lane in self.leases.held if lane not in self.signals.due}
        )

    async def fire(self, lane: int) -> int:
        """Handle one batch of what is due in a lane; returns how many streams that were."""
        is_over = False

        async def take(size: int) -> int:
            nonlocal is_over
            was_behind = lane in self._behind
            taken = await self._attempt(lane, size)
            if was_behind and not taken:  # what came due before the last one
                was_behind, taken = False, await self._attempt(lane, size)
            is_over = taken < size and not was_behind
            return taken

        async def set_aside(error: Exception) -> int:
            return await self._set_aside(lane, error)

        self.signals.due.discard(lane)  # what comes due from here on has it called again
        try:
            done = await self._portions.next(lane, take, set_aside)
            self.fired[lane] += done
            return done
        finally:
            if not is_over:
                self.signals.due.add(lane)

    async def fire_again(self, connection: Connection, stream: str) -> None:
        """Let a stream that was put off be woken with the next round."""
        await connection.execute(_PUT_OFF, [stream], self.clock.now())

    async def _attempt(self, lane: int, size: int) -> int:
        for attempt in range(_ATTEMPTS):
            try:
                async with (
                    acquire(self.store.pool) as connection,
                    connection.transaction(),
                ):
                    rows, work = await self._fire(connection, lane, size)
            except (Conflict, NotShown) as error:  # the views follow then
                if isinstance(error, Conflict):
                    self.metrics.conflicts.labels(self.metrics.service).inc()
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                if work is not None:
                    self.store.committed(work)
                    work.end_spans()
                self._note_last(lane, rows, size)
                return len(rows)
        return 0

    async def _next(
        self, connection: Connection, lane: int, now: datetime, size: int
    ) -> Sequence[Record]:
        behind = self._behind.get(lane, _FIRST)
        found: Sequence[Record] = await connection.fetch(_DUE, lane, now, size, *behind)
        return found

    def _note_last(self, lane: int, rows: Sequence[Record], size: int) -> None:
        if len(rows) == size:
            self._behind[lane] = rows[-1]["wake_at"], rows[-1]["stream"]
        else:
            self._behind.pop(lane, None)

    async def _fire(
        self, connection: Connection, lane: int, size: int
    ) -> tuple[Sequence[Record], Work | None]:
        now = self.clock.now()
        rows = await self._next(connection, lane, now, size)
        if not rows:
            return [], None
        due = [row["stream"] for row in rows]
        await self.leases.fence(connection, lane)
        work = await self._load(connection, lane, due, now)
        spans = await waking(self.store.traces, connection, due)
        stuck: dict[str, Exception] = {}
        for stream in due:
            with work.under(span := spans.get(stream)):
                error = await self._wake(connection, work, stream)
            if error is not None:
                stuck[stream] = error
                if span is not None:
                    span.fail(type(error).__name__)
        self.probe("wake.before_commit")
        await self._close_letters(connection, lane, set(due) - set(stuck))
        for stream, error in stuck.items():
            await self._put_off(connection, lane, stream, error)
        await self.committing.write(connection, work)
        self._count(lane, now, rows[0]["wake_at"], [one for one in due if one not in stuck])
        return rows, work

    def _count(self, lane: int, now: datetime, first: datetime, woken: Sequence[str]) -> None:
        service = self.metrics.service
        late = now - max(first, self.nothing_due.get(lane, first))
        self.metrics.wakes_late.labels(service).observe(late.total_seconds())
        for kind, number in Counter(map(kind_of, woken)).items():
            self.metrics.wakes.labels(service, kind).inc(number)

    async def _set_aside(self, lane: int, error: Exception) -> int:
        """Put off the one that is due first, which could not even be tried."""
        if self.strict:
            raise error
        async with acquire(self.store.pool) as connection, connection.transaction():
            await self.leases.fence(connection, lane)
            due = await self._next(connection, lane, self.clock.now(), 1)
            for row in due:
                await self._put_off(connection, lane, row["stream"], error)
        return len(due)

    async def _put_off(
        self, connection: Connection, lane: int, stream: str, error: Exception
    ) -> None:
        """Have a stream woken again later, with a dead letter that says why."""
        later = _LATE_PUT_OFF_FOR if isinstance(error, TookTooLong) else _PUT_OFF_FOR
        await connection.execute(_PUT_OFF, [stream], self.clock.now() + later)
        await self.letters.park(connection, "wake", Head(lane, stream, 0, None, None), error)
        self.failing.setdefault(lane, set()).add(stream)

    async def _close_letters(self, connection: Connection, lane: int, well: set[str]) -> None:
        """Close the letters of those that failed once and went well this time."""
        if lane not in self.failing:
            self.failing[lane] = await streams_parked(connection, "wake", lane)
        recovered = self.failing[lane] & well
        if recovered:
            await resolve(connection, "wake", sorted(recovered))
            self.failing[lane] -= recovered

    async def _load(
        self, connection: Connection, lane: int, due: Sequence[str], now: datetime
    ) -> Work:
        streams: list[str] = []
        about = [stream for stream in due if self.routes[kind_of(stream)].beside]
        subjects: list[Subject] = []
        for stream in due:
            route = self.routes[kind_of(stream)]
            streams.append(stream)
            if route.streams is not None:
                streams.extend(route.streams(stream, lane))
            if route.subject:
                subjects.append(subject_of(stream))
        work = await self.store.load(
            connection, now=now, lane=lane, streams=streams, subjects=subjects
        )
        await self.store.load_beside(connection, work, about, lock=True)
        return work

    async def _wake(self, connection: Connection, work: Work, stream: str) -> Exception | None:
        """Handle one wake-up; what it raised when it failed, or left the stream due without having
        done anything.
        """
        route = self.routes[kind_of(stream)]
        work.begin(None)
        work.facts = (
            None if route.prepare is None else await route.prepare(connection, stream, work.now)
        )
        before = work.version(stream)
        try:
            route.handle(work, stream)
            self._must_move_on(work, stream, before)
        except Exception as fault:
            if self.strict or not is_its_own(fault):
                raise
            work.undo()
            return fault
        return None

    def _must_move_on(self, work: Work, stream: str, before: int) -> None:
        entry = work.entries[stream]
        wake_at = entry.aggregate.wake_at(entry.state)
        if entry.version == before and wake_at is not None and wake_at <= work.now:
            raise BrokenInvariant(f"{stream} was woken, did nothing and is still due")
