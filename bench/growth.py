"""`ingest_cost_growth`: what an event costs the ledger among 1,000,000 accounts, as a multiple of
what it costs among 10,000; and what it costs on an account with a long history, or with many open
items, as a multiple of what it costs on a usual one.

A cost is the processor time of the ledger and of PostgreSQL. All is measured in one store, on one
topic, with default settings: among the first accounts, then after so many more came, then on the
accounts of each shape, whose events come one of each account in a batch, as they do in life.
"""

import os
import statistics
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path

from bench import ingest, ledger, sides
from bench.events import Event, Load, account_name, billing_events, invoice, payment
from bench.sides import Side
from chassis.servers.kafka import LocalKafka
from chassis.servers.postgres import EmbeddedPostgres, ensure_database

ACCOUNTS = int(os.environ.get("BENCH_GROWTH_ACCOUNTS", "1000000"))
_AMOUNT = 1_000


@dataclass(frozen=True)
class Shape:
    """Accounts with so many events behind them, and so many open items."""

    name: str
    events: int
    open: int


@dataclass(frozen=True)
class Plan:
    """How much is measured: `few` and `many` accounts, `events` among them in each of `rounds`; of
    each shape so many accounts, and of each of them so many events in each round.
    """

    few: int = ACCOUNTS // 100
    many: int = ACCOUNTS
    events: int = 40_000
    rounds: int = 3
    shaped: int = 128
    each: int = 40
    usual: Shape = Shape("usual", events=50, open=5)
    others: tuple[Shape, ...] = (Shape("long", 5_000, 5), Shape("wide", 500, 500))
    partitions: int = 4


async def measure(plan: Plan | None = None) -> dict[str, float]:
    """Every figure of the group."""
    plan = plan or Plan()
    with tempfile.TemporaryDirectory(prefix="arrears-bench-") as name:
        folder = Path(name)
        server = EmbeddedPostgres(folder / "postgres")
        async with LocalKafka(folder / "kafka") as bootstrap, server as dsn:
            if server.pid is None:
                raise RuntimeError("PostgreSQL ended")
            own = await ensure_database(dsn, "growth")
            place = _Place(plan, bootstrap, own, folder, server.pid)
            return figures(plan, await place.costs())


def figures(plan: Plan, costs: dict[str, float]) -> dict[str, float]:
    """The figures of the µs of processor time of an event in each place."""
    usual = costs[plan.usual.name]
    found = {"ingest_cost_growth": round(costs["many"] / costs["few"], 2)}
    found |= {f"account_{one.name}_cost": round(costs[one.name] / usual, 2) for one in plan.others}
    found |= {"growth_accounts_few": plan.few, "growth_accounts_many": plan.many}
    return found | {f"growth_{name}_us": round(cost, 1) for name, cost in costs.items()}


class _Place:
    """The store, and the topic that grows."""

    def __init__(self, plan: Plan, bootstrap: str, dsn: str, folder: Path, pid: int) -> None:
        self._plan = plan
        self._bootstrap = bootstrap
        self._dsn = dsn
        self._folder = folder
        self._server_pid = pid
        self._number = 0
        """Of the events so far: their ids begin there."""
        self._opened = 0
        self._today = datetime.combine(datetime.now(UTC).date(), datetime.min.time(), UTC)

    async def costs(self) -> dict[str, float]:
        """The median of the rounds in each place, in µs an event."""
        plan = self._plan
        settings = ledger.settings_for(self._bootstrap, self._dsn, self._folder, plan.partitions)
        await ingest.create(self._bootstrap, plan.partitions)
        await ledger.prepare(settings)
        costs = {}
        for name, accounts in (("few", plan.few), ("many", plan.many)):
            await self._take(self._one_each(accounts))
            costs[name] = statistics.median(
                [await self._take(self._among(accounts)) for _ in range(plan.rounds)]
            )
        shapes = (plan.usual, *plan.others)
        for shape in shapes:
            await self._take(self._histories(shape))
        batch = max(1, plan.shaped // plan.partitions)
        taken: dict[str, list[float]] = {shape.name: [] for shape in shapes}
        for _ in range(plan.rounds):
            for shape in shapes:
                taken[shape.name].append(await self._take(self._goes_on(shape), batch))
        return costs | {name: statistics.median(each) for name, each in taken.items()}

    async def _take(self, events: Iterable[Event], batch: int | None = None) -> float:
        """Publish events and let the ledger take them; what one of them cost, in µs."""
        count = await ingest.fill(self._bootstrap, self._plan.partitions, events)
        await ingest.administer(self._dsn, "CHECKPOINT")
        place = (self._bootstrap, ingest.TOPIC, self._dsn, self._folder, self._plan.partitions, 1)
        command = [sys.executable, "-m", "bench.ledger", *map(str, place)]
        if batch is not None:
            command.append(f"--batch={batch}")
        usage = await sides.run(Side([command], sides.at_once, self._complete), self._server_pid)
        return (usage.client_cpu_seconds + usage.server_cpu_seconds) / count * 1e6

    async def _complete(self) -> None:
        await ledger.require_complete(self._dsn, self._number)

    def _numbers(self, count: int) -> range:
        self._number += count
        return range(self._number - count, self._number)

    def _one_each(self, accounts: int) -> Iterator[Event]:
        """An invoice of every account that has none yet."""
        fresh, self._opened = range(self._opened, accounts), accounts
        for number, account in zip(self._numbers(len(fresh)), fresh, strict=True):
            name = account_name("A", account)
            yield invoice(number, name, self._today, _AMOUNT, self._plan.partitions)

    def _among(self, accounts: int) -> Iterator[Event]:
        """Events of accounts at random, as those of the other groups."""
        plan = self._plan
        numbers = self._numbers(plan.events)
        load = Load(plan.events, accounts, plan.partitions, seed=numbers.start)
        return billing_events(load, self._today.date(), numbers.start)

    def _histories(self, shape: Shape) -> Iterator[Event]:
        """What makes accounts such: items that were paid, then those that are open."""
        paid = (shape.events - shape.open) // 2
        for kinds in chain([True, False] * paid, [True] * shape.open):
            yield from self._one_of_each(shape, is_invoice=kinds)

    def _goes_on(self, shape: Shape) -> Iterator[Event]:
        for number in range(self._plan.each):
            yield from self._one_of_each(shape, is_invoice=number % 2 == 0)

    def _one_of_each(self, shape: Shape, *, is_invoice: bool) -> Iterator[Event]:
        partitions, accounts = self._plan.partitions, range(self._plan.shaped)
        for number, account in zip(self._numbers(len(accounts)), accounts, strict=True):
            name = account_name(shape.name, account)
            if is_invoice:
                yield invoice(number, name, self._today, _AMOUNT, partitions, self._issued_on)
            else:
                yield payment(number, name, self._today, _AMOUNT, partitions)

    @property
    def _issued_on(self) -> date:
        """Long enough ago to be overdue."""
        return self._today.date() - timedelta(days=40)
