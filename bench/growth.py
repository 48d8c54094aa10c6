"""`ingest_cost_growth`: what an event costs the ledger among 1,000,000 accounts, as a multiple of
what it costs among 10,000; and what it costs on an account with a long history, or with many open
items, as a multiple of what it costs on a usual one.

A cost is the processor time of the ledger and of PostgreSQL. The two stores are of one server, and
measured in turn, so that what the machine does besides falls on both; a figure is the median of
those of neighbouring rounds. The accounts of each shape are in the large one, and their events come
one of each account in a batch, as they do in life.

How many accounts a batch touches makes as much of what its events cost as how many there are. So
that the growth is that of the store, an account has its next event when all others have had theirs,
and a batch is smaller than what a lane has of the fewer accounts: it reads and writes as many
states in the one store as in the other. Where accounts are drawn at random, in batches of the
default settings, the batch differs as well: `ingest_cost_growth_at_random`.

After a checkpoint each page is written whole once, which a large store has more of. One goes before
the first round of the two stores, as in life before some hundred thousand events; the other figures
have one before each round.
"""

import os
import random
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import chain, cycle
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

    @property
    def batch(self) -> int:
        """Messages of a lane, all of other accounts, though lanes do not have equally many."""
        return max(1, self.few // self.partitions * 4 // 5)


Costs = Mapping[str, Sequence[float]]
"""By place, the µs of processor time that an event took in each round."""


async def measure(plan: Plan | None = None) -> dict[str, float]:
    """Every figure of the group."""
    plan = plan or Plan()
    with tempfile.TemporaryDirectory(prefix="arrears-bench-") as name:
        folder = Path(name)
        server = EmbeddedPostgres(folder / "postgres")
        fewer, more = LocalKafka(folder / "kafka-few"), LocalKafka(folder / "kafka-many")
        async with fewer as bus, more as other, server as dsn:
            if server.pid is None:
                raise RuntimeError("PostgreSQL ended")
            places = [
                _Place(plan, bootstrap, await ensure_database(dsn, name), folder, server.pid)
                for name, bootstrap in (("few", bus), ("many", other))
            ]
            return figures(plan, await _costs(plan, *places))


async def _costs(plan: Plan, few: "_Place", many: "_Place") -> Costs:
    await few.begin(plan.few)
    await many.begin(plan.many)
    costs = await _in_turn(plan.rounds, {"few": few.each_in_turn, "many": many.each_in_turn})
    costs |= await _in_turn(
        plan.rounds, {"few_at_random": few.at_random, "many_at_random": many.at_random}
    )
    shapes = (plan.usual, *plan.others)
    for shape in shapes:
        await many.fill(shape)
    return costs | await _in_turn(
        plan.rounds, {shape.name: partial(many.goes_on, shape) for shape in shapes}
    )


async def _in_turn(
    rounds: int, places: Mapping[str, Callable[[], Awaitable[float]]]
) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in places}
    for _ in range(rounds):
        for name, measure_it in places.items():
            taken[name].append(await measure_it())
    return taken


def figures(plan: Plan, costs: Costs) -> dict[str, float]:
    """The figures of what events cost in each place."""
    found = {"ingest_cost_growth": _multiple(costs["many"], costs["few"])}
    at_random = _multiple(costs["many_at_random"], costs["few_at_random"])
    found["ingest_cost_growth_at_random"] = at_random
    for one in plan.others:
        found[f"account_{one.name}_cost"] = _multiple(costs[one.name], costs[plan.usual.name])
    found |= {"growth_accounts_few": plan.few, "growth_accounts_many": plan.many}
    return found | {
        f"growth_{name}_us": round(statistics.median(each), 1) for name, each in costs.items()
    }


def _multiple(costs: Sequence[float], beside: Sequence[float]) -> float:
    return round(statistics.median([a / b for a, b in zip(costs, beside, strict=True)]), 2)


class _Place:
    """A store, and the topic that it takes its events from."""

    def __init__(self, plan: Plan, bootstrap: str, dsn: str, folder: Path, pid: int) -> None:
        self._plan = plan
        self._bootstrap = bootstrap
        self._dsn = dsn
        self._folder = folder
        self._server_pid = pid
        self._number = 0
        """Of the events so far: their ids begin there."""
        self._accounts = 0
        self._order: Iterator[int] = iter(())
        """In which accounts have their events."""
        self._today = datetime.combine(datetime.now(UTC).date(), datetime.min.time(), UTC)

    async def begin(self, accounts: int) -> None:
        """Lay the store out, with an invoice of so many accounts."""
        plan = self._plan
        settings = ledger.settings_for(self._bootstrap, self._dsn, self._folder, plan.partitions)
        await ingest.create(self._bootstrap, plan.partitions)
        await ledger.prepare(settings)
        self._accounts = accounts
        self._order = cycle(random.Random(accounts).sample(range(accounts), accounts))
        await self._take(self._one_each())
        await ingest.administer(self._dsn, "CHECKPOINT")

    async def fill(self, shape: Shape) -> None:
        """Make accounts of a shape."""
        await self._take(self._histories(shape))

    async def each_in_turn(self) -> float:
        """What an event costs while every account has one before any has another."""
        return await self._take(self._among(self._order), self._plan.batch)

    async def at_random(self) -> float:
        """What it costs of accounts drawn at random, as in the other groups, after a checkpoint."""
        await ingest.administer(self._dsn, "CHECKPOINT")
        return await self._take(self._among())

    async def goes_on(self, shape: Shape) -> float:
        """What it costs on accounts of a shape."""
        await ingest.administer(self._dsn, "CHECKPOINT")
        return await self._take(
            self._goes_on(shape), max(1, self._plan.shaped // self._plan.partitions)
        )

    async def _take(self, events: Iterable[Event], batch: int | None = None) -> float:
        """Publish events and let the ledger take them; what one of them cost, in µs."""
        count = await ingest.fill(self._bootstrap, self._plan.partitions, events)
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

    def _one_each(self) -> Iterator[Event]:
        partitions = self._plan.partitions
        for account, number in enumerate(self._numbers(self._accounts)):
            yield invoice(number, account_name("A", account), self._today, _AMOUNT, partitions)

    def _among(self, accounts: Iterator[int] | None = None) -> Iterator[Event]:
        plan = self._plan
        numbers = self._numbers(plan.events)
        load = Load(plan.events, self._accounts, plan.partitions, seed=numbers.start)
        return billing_events(load, self._today.date(), numbers.start, accounts)

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
