"""What the API and the workers see of a service: commands and queries on its streams."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, TypeVar

import asyncpg
from asyncpg import Connection
from fastapi import FastAPI

from chassis.bus.base import Bus, lane_of
from chassis.clock import Clock
from chassis.errors import BrokenInvariant, Conflict
from chassis.logging import get_logger
from chassis.metrics import Metrics
from chassis.recorders import asking
from chassis.runtime.bells import Bells
from chassis.runtime.handed import Handed
from chassis.runtime.leases import Leases
from chassis.runtime.published import Published
from chassis.runtime.signals import Signals
from chassis.settings import Settings
from chassis.store.bodies import Bodies
from chassis.store.committing import Committing, NotShown
from chassis.store.elsewhere import refusal
from chassis.store.pool import acquire
from chassis.store.reads import EVERY, Selection, events_in, portion_of
from chassis.store.store import Store
from chassis.store.stored import Stored
from chassis.store.vault import KeyRing
from chassis.store.views import Projector
from chassis.store.work import Entry, Work
from chassis.tracing.spans import current
from contracts.words.streams import Subject, key_of, kind_of, subject_of

log = get_logger(__name__)

T = TypeVar("T")

_ATTEMPTS = 8
_VIEWS_SECONDS = 2.0
_Check = Callable[[Connection], Awaitable[None]]
_check: ContextVar[_Check | None] = ContextVar("check", default=None)


@contextmanager
def provided(check: _Check) -> Iterator[None]:
    """Commands run inside are committed only where a check in their transaction raises nothing."""
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)


class Service:
    """One service over its store and its bus. `Instance` adds what makes it work by itself."""

    app: FastAPI

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock,
        bus: Bus,
        store: Store,
        bodies: Bodies,
        projector: Projector,
        leases: Leases,
        metrics: Metrics,
    ) -> None:
        self.name = metrics.service
        self.settings = settings
        self.clock = clock
        self.bus = bus
        self.pool: asyncpg.Pool[asyncpg.Record] = store.pool
        self.store = store
        self.bodies = bodies
        self.projector = projector
        patience_seconds = min(_VIEWS_SECONDS, settings.lease_seconds / 2)
        self.committing = Committing(store, projector, patience_seconds)
        self.leases = leases
        self.metrics = metrics
        self.signals = Signals()
        self.handed, self.published = Handed(), Published(leases)
        self.bells = Bells(leases, self.signals, self.handed, f"arrears_lanes_{self.name}")
        store.committed = self.bells.committed
        store.is_apart = leases.is_apart

    def lane_of(self, creditor: str, account: str) -> int:
        """The lane of an account."""
        return lane_of(key_of(creditor, account).encode(), self.bus.partitions)

    def a_lane(self) -> int:
        """A lane that is here: of what each lane keeps a copy of."""
        lanes = range(self.bus.partitions)
        return next((lane for lane in lanes if lane not in self.leases.away), 0)

    def _lane_here(self, key: str) -> int:
        """The lane of a key; raises `Elsewhere` where another database has it."""
        lane = lane_of(key.encode(), self.bus.partitions)
        if lane in self.leases.away:
            raise refusal(lane)
        return lane

    def _require_here(self, stream: str) -> None:
        subject = subject_of(stream)
        if self.leases.away and subject.account:
            self._lane_here(key_of(*subject))

    async def execute(
        self,
        key: str,
        streams: Sequence[str],
        fn: Callable[[Work], T],
        *,
        subjects: Iterable[Subject] = (),
        history: bool = False,
        cause: str | None = None,
        known: Iterable[Entry] = (),
        rings: bool = True,
    ) -> T:
        """Run a command on some streams of one account (`key` is "creditor/account") and commit it.

        `fn` may run several times: it is called again from the new states when another writer was
        first. Its views are up to date when this returns, unless they fail or take longer than two
        seconds (after an upgrade they may be filled anew): what is committed has happened, and
        they follow later. `known` are streams as the caller's last command left them, which are
        then not read; without `rings` the workers are not told of it: they are the caller. Raises
        `Elsewhere` where another database has the lane.
        """
        lane = self._lane_here(key)
        wanted, shows = tuple(subjects), True
        entries = [Entry(e.stream, e.aggregate, e.state, e.version, e.lane) for e in known]

        async def run(connection: Connection) -> tuple[Work, T]:
            work = self.store.begin(self.clock.now(), lane)
            work.recorder = asking()
            work.entries.update({entry.stream: entry for entry in entries})
            await self.store.extend(
                connection,
                work,
                streams=streams,
                subjects=wanted,
                histories=streams if history else (),
            )
            await self.store.load_beside(connection, work, streams, lock=True)
            if check := _check.get():
                await check(connection)
            work.begin(cause)
            with work.under(current()):
                return work, fn(work)

        for attempt in range(_ATTEMPTS):
            try:
                async with acquire(self.pool) as connection, connection.transaction():
                    work, result = await run(connection)
                    await self.committing.write(connection, work, shows=shows)
            except NotShown:
                shows = False
            except Conflict:
                self.metrics.conflicts.labels(self.name).inc()
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                work.calls_workers &= rings
                self.store.committed(work)
                await self._show(work)
                if rings:
                    self.signals.workers.set()
                return result
            entries.clear()
        raise BrokenInvariant("unreachable: the last attempt returns or raises")

    async def _show(self, work: Work) -> None:
        """Bring the views up to what a work wrote."""
        if not work.is_shown:
            for lane in work.lanes() or [work.lane]:
                await self._project(lane)
            self.signals.workers.set()  # it may have been more than this work's

    async def _project(self, lane: int) -> None:
        patience = None if self.projector.strict else _VIEWS_SECONDS
        try:
            async with asyncio.timeout(patience):
                await self.projector.project(lane)
        except Exception as error:
            if self.projector.strict:
                raise
            log.warning("views_behind", lane=lane, error=error)

    async def read(self, stream: str) -> tuple[Any, int]:
        """A stream's present state and version (its initial state and 0 when it has no events)."""
        self._require_here(stream)
        async with acquire(self.pool) as connection:
            work = await self.store.load(connection, now=self.clock.now(), lane=0, streams=[stream])
        return work.state(stream), work.version(stream)

    async def read_as_of(self, stream: str, until: datetime) -> tuple[Any, int]:
        """A stream's state and version as they were at an instant, folded from its events."""
        aggregate = self.store.aggregates[kind_of(stream)]
        state, version = aggregate.initial(stream), 0
        async for stored in self.each(stream, Selection(until=until)):
            state, version = aggregate.evolve(state, stored.event), stored.version
        return state, version

    async def events(self, stream: str, until: datetime | None = None) -> list[Stored]:
        """A stream's events up to an instant, oldest first: for what needs all of them at once."""
        return [stored async for stored in self.each(stream, Selection(until=until))]

    async def each(self, stream: str, wanted: Selection = EVERY) -> AsyncGenerator[Stored, None]:
        """Some of a stream's events, oldest first, without having all of them in memory."""
        self._require_here(stream)
        aggregate = self.store.aggregates[kind_of(stream)]
        async with acquire(self.pool) as connection:
            async for stored in events_in(connection, aggregate, stream, wanted):
                yield stored

    async def portion(self, stream: str, wanted: Selection) -> list[Stored]:
        """The first of a stream's events, so many as are read at once: for what works on them
        without a connection in hand, and asks for those behind them.
        """
        self._require_here(stream)
        aggregate = self.store.aggregates[kind_of(stream)]
        async with acquire(self.pool) as connection:
            return await portion_of(connection, aggregate, stream, wanted)

    async def keys(self, subjects: Iterable[Subject]) -> KeyRing:
        """The keys to open some debtors' sealed data with."""
        async with acquire(self.pool) as connection:
            return await self.store.keys(connection, subjects)
