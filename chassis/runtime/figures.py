"""Gauges that cost a statement: dead letters nobody dealt with, the last backup, and figures of the
service's business by creditor.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import asyncpg
from asyncpg import Connection

from chassis.metrics import Metrics
from chassis.runtime.leases import Leases
from chassis.store import dead_letters, restored
from chassis.store.pool import acquire, waiting_for

_SCHEMA = "select string_agg(version_num, ' ' order by version_num) from alembic_version"
_EVERY_SECONDS = 30.0
_TIMES_ITS_COST = 100
"""What takes long is asked seldom: looking takes a hundredth of one connection's time, at most."""
_SPEAKER = 0
"""Who holds this lane speaks for the whole service, so that nothing is counted twice."""


@dataclass(frozen=True)
class Figure:
    """Gauges that one statement reads, mostly from the service's own views.

    Its rows have the creditor, a column for each of `labels`, and one for each of `gauges` (name
    and help). Amounts are in minor units.
    """

    statement: str
    gauges: Mapping[str, str]
    labels: Sequence[str] = ()


PROPOSALS = Figure(
    """
    select creditor, kind, count(*),
      count(*) filter (where at < clock_timestamp() - interval '3 days')
    from proposals where state = 'waiting' group by 1, 2""",
    {
        "proposals_waiting": "What was proposed and waits for a second person.",
        "proposals_forgotten": "Of this, what has waited for more than three days.",
    },
    ("kind",),
)
"""For the services that let things wait for a second person."""


def _watch_pool(metrics: Metrics, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Have the connections of a pool counted when somebody asks for metrics."""
    metrics.at_scrape(metrics.pool_max, pool.get_max_size)
    metrics.at_scrape(metrics.pool_open, pool.get_size)
    metrics.at_scrape(metrics.pool_busy, lambda: pool.get_size() - pool.get_idle_size())
    metrics.at_scrape(metrics.pool_waiting, lambda: waiting_for(pool))


class Figures:
    """Reads them for one instance, and forgets them with the lanes they are about."""

    def __init__(
        self,
        pool: "asyncpg.Pool[asyncpg.Record]",
        metrics: Metrics,
        leases: Leases,
        figures: Sequence[Figure],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = pool
        self._metrics = metrics
        self._leases = leases
        self._figures = figures
        self._monotonic = monotonic
        self._next = 0.0
        self._build_is_said = False
        _watch_pool(metrics, pool)
        metrics.lanes_all.labels(metrics.service).set(leases.partitions)
        for figure in figures:
            for name, text in figure.gauges.items():
                metrics.add_figure(name, text, figure.labels)

    async def look(self) -> None:
        """Read all of them, unless that was done a short while ago."""
        began = self._monotonic()
        if began < self._next:
            return
        try:
            await self._look()
        finally:  # one that takes too long costs as much as it took
            took = self._monotonic() - began
            self._next = began + max(_EVERY_SECONDS, _TIMES_ITS_COST * took)

    async def _look(self) -> None:
        speaks = _SPEAKER in self._leases.held
        async with acquire(self._pool) as connection, connection.transaction(readonly=True):
            await self._build(connection)
            await self._letters(connection)
            await self._backup(connection, speaks=speaks)
            for figure in self._figures:
                await self._read(connection, figure, speaks=speaks)

    async def _build(self, connection: Connection) -> None:
        """Tell which version this is, and at which revisions its schema is."""
        if self._build_is_said:
            return
        schema = await connection.fetchval(_SCHEMA)
        self._metrics.build.labels(self._metrics.service, version("arrears"), schema).set(1)
        self._build_is_said = True

    async def _letters(self, connection: Connection) -> None:
        open_now = await dead_letters.open_in(connection, list(self._leases.held))
        self._metrics.letters.clear()
        for source, number in open_now.items():
            self._metrics.letters.labels(self._metrics.service, source).set(number)

    async def _backup(self, connection: Connection, *, speaks: bool) -> None:
        at = await restored.backed_up_at(connection) if speaks else None
        self._metrics.backed_up.clear()
        if speaks:
            seconds = 0.0 if at is None else at.timestamp()
            self._metrics.backed_up.labels(self._metrics.service).set(seconds)

    async def _read(self, connection: Connection, figure: Figure, *, speaks: bool) -> None:
        rows = await connection.fetch(figure.statement) if speaks else []
        for name in figure.gauges:
            self._metrics.figures[name].clear()
        width = 1 + len(figure.labels)
        for creditor, *rest in rows:
            labels = (self._metrics.service, self._metrics.creditor(creditor), *rest[: width - 1])
            for name, value in zip(figure.gauges, rest[width - 1 :], strict=True):
                # several creditors may be `other` together
                self._metrics.figures[name].labels(*labels).inc(float(value))
