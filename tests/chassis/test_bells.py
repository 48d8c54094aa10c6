"""Who has nothing to do asks nothing, and whoever is written to is told, whoever wrote."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from chassis.bus.base import Outgoing, lane_of
from chassis.bus.embedded import EmbeddedBus
from chassis.errors import Transient
from chassis.runtime.instance import Instance
from chassis.runtime.live import LOOPS
from chassis.runtime.signals import NEVER, Signals
from chassis.runtime.watchdog import Watchdog
from chassis.runtime.watching import Watching
from chassis.store.work import Work
from tests.chassis import toy
from tests.chassis.conftest import OpenToy
from tests.chassis.test_leases import HOUR, deafen
from tests.chassis.toy import total

UNTOLD = tuple(name for name in LOOPS if name != "lag")
"""Without the look that finds what no bell rang for."""
STREAM = "account-acme/a"
_ASKED = 12  # three times a round
_STATEMENTS = ("execute", "executemany", "fetch", "fetchrow", "fetchval", "copy_records_to_table")


class TickingClock:
    """Goes on as the wall's does, from where it is set, and counts how often it is asked."""

    def __init__(self, start: datetime) -> None:
        self.asked = 0
        self.set(start)

    def now(self) -> datetime:
        self.asked += 1
        return datetime.now(UTC) + self._ahead

    def set(self, to: datetime) -> None:
        self._ahead = to - datetime.now(UTC)


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock(toy.START)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What any connection of this process is asked."""
    asked: list[str] = []

    def counted(name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(asyncpg.Connection, name)

        async def call(self: Any, query: str, *values: Any, **more: Any) -> Any:
            asked.append(query)
            return await method(self, query, *values, **more)

        return call

    for name in _STATEMENTS:
        monkeypatch.setattr(asyncpg.Connection, name, counted(name))
    return asked


def add(work: Work) -> None:
    """A payment that is to be looked at long after."""
    work.append(STREAM, [toy.Added(5, toy.START + timedelta(days=1))])


def add_due(work: Work) -> None:
    """A payment that is to be looked at from the start on: at once."""
    work.append(STREAM, [toy.Added(5, toy.START)])


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await is_so():
            await asyncio.sleep(0.02)


async def published(bus: EmbeddedBus) -> int:
    return sum((await bus.end_offsets(["ledger"])).values())


async def is_passed_on(service: Instance, bus: EmbeddedBus) -> bool:
    """Whether a payment was published and is in the view."""
    shown = await service.pool.fetchval("select max(events) from view_totals")
    return await published(bus) == 1 and shown == 1


async def is_looked_at(service: Instance) -> bool:
    """Whether the wake-up of a payment fired."""
    found = await total(service, "a")
    return bool(found.payments) and found.wake_at is None


async def ticks(service: Instance) -> None:
    """Some rounds of an instance that looks at its clock: whatever rang before was heard."""
    clock: Any = service.clock
    asked = clock.asked
    while clock.asked < asked + _ASKED:
        await asyncio.sleep(0.05)


async def quiet(open_toy: OpenToy, **changes: Any) -> Instance:
    """An instance for which no bell rings any more."""
    service = await open_toy(settings=HOUR, **changes)
    await service.start(UNTOLD)
    await ticks(service)
    return service


async def owner_and_other(open_toy: OpenToy, bus: EmbeddedBus) -> tuple[Instance, Instance]:
    """Two quiet instances that know of one another: the one that holds the account's lane first."""
    services = [await open_toy(settings=HOUR) for _ in range(2)]
    for service in services:
        await service.start(UNTOLD)

    async def shared() -> bool:
        return [len(one.leases.held) for one in services] == [1, 1]

    await until(shared)
    for service in services:
        await ticks(service)
    lane = lane_of(b"acme/a", bus.partitions)
    services.sort(key=lambda one: lane not in one.leases.held)
    return services[0], services[1]


class TestWithNothingToDo:
    async def test_nothing_is_asked_between_two_looks(
        self, open_toy: OpenToy, bus: EmbeddedBus, statements: list[str]
    ) -> None:
        service = await quiet(open_toy)
        await toy.send(bus, "a", toy.payment(1, "a", 5))
        await until(lambda: is_passed_on(service, bus))
        await service.round.save_places()
        for _ in range(3):  # how far the relay came is saved a moment later
            statements.clear()
            await ticks(service)
            if not statements:
                break
        assert statements == []

    async def test_a_look_asks_the_store_once_and_the_bus_once(
        self, open_toy: OpenToy, statements: list[str]
    ) -> None:
        service = await open_toy(settings=HOUR)
        await service.step()
        watching = _watching(service)
        await watching.look()
        statements.clear()
        for _ in range(3):
            await watching.look()
            await service.leases.refresh()
        assert len(statements) == 3 * 3


class TestWhatAnotherInstanceWrote:
    async def test_is_passed_on_at_once(self, open_toy: OpenToy, bus: EmbeddedBus) -> None:
        owner, other = await owner_and_other(open_toy, bus)
        await other.execute("acme/a", [STREAM], add)
        await until(lambda: is_passed_on(owner, bus))

    async def test_is_woken_at_once(self, open_toy: OpenToy, bus: EmbeddedBus) -> None:
        owner, other = await owner_and_other(open_toy, bus)
        await other.execute("acme/a", [STREAM], add_due)
        await until(lambda: is_looked_at(owner))

    async def test_is_passed_on_after_the_next_look_when_nobody_is_told(
        self, open_toy: OpenToy, bus: EmbeddedBus
    ) -> None:
        owner, other = await owner_and_other(open_toy, bus)
        other.leases.members = frozenset()  # it knows of nobody it could tell
        await other.execute("acme/a", [STREAM], add)
        await other.pool.execute("truncate view_totals, view_cursors")  # nor has it shown it
        await ticks(owner)
        assert await published(bus) == 0
        await owner.round.look()
        await until(lambda: is_passed_on(owner, bus))

    async def test_is_woken_after_the_next_look_when_nobody_is_told(
        self, open_toy: OpenToy, bus: EmbeddedBus
    ) -> None:
        owner, other = await owner_and_other(open_toy, bus)
        other.leases.members = frozenset()
        await other.execute("acme/a", [STREAM], add_due)
        await ticks(owner)
        assert not await is_looked_at(owner)
        await owner.round.look()
        await until(lambda: is_looked_at(owner))

    async def test_while_nobody_listened_is_found_when_somebody_does_again(
        self, open_toy: OpenToy, bus: EmbeddedBus, database: str
    ) -> None:
        owner, other = await owner_and_other(open_toy, bus)
        await deafen(database)
        await other.execute("acme/a", [STREAM], add)
        await until(lambda: is_passed_on(owner, bus))


class TestWhatThisProcessWrote:
    async def test_is_passed_on_without_a_look(self, open_toy: OpenToy, bus: EmbeddedBus) -> None:
        service = await quiet(open_toy)
        await service.execute("acme/a", [STREAM], add)
        await until(lambda: is_passed_on(service, bus))

    async def test_is_woken_without_a_look(self, open_toy: OpenToy) -> None:
        service = await quiet(open_toy)
        await service.execute("acme/a", [STREAM], add_due)
        await until(lambda: is_looked_at(service))

    async def test_is_woken_when_its_instant_comes(self, open_toy: OpenToy) -> None:
        service = await quiet(open_toy)
        soon = service.clock.now() + timedelta(seconds=2)
        await service.execute(
            "acme/a", [STREAM], lambda work: work.append(STREAM, [toy.Added(5, soon)])
        )
        await until(lambda: is_looked_at(service))
        assert service.clock.now() >= soon

    async def test_is_woken_when_the_clock_is_set(
        self, open_toy: OpenToy, clock: TickingClock
    ) -> None:
        service = await quiet(open_toy)
        await service.execute("acme/a", [STREAM], add)
        await ticks(service)
        clock.set(toy.START + timedelta(days=1))
        await until(lambda: is_looked_at(service))


class Refusing(EmbeddedBus):
    """A bus that takes nothing the first time."""

    refused = False

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        if not self.refused:
            self.refused = True
            raise Transient("the bus does not answer")
        await super().publish(messages)


async def test_what_the_bus_refused_is_tried_again_without_a_look(
    open_toy: OpenToy, bus: EmbeddedBus, database: str
) -> None:
    refusing = Refusing(database, partitions=2)
    await refusing.start()
    service = await quiet(open_toy, bus=refusing)
    await service.execute("acme/a", [STREAM], add)
    await until(lambda: is_passed_on(service, bus))
    assert refusing.refused
    await service.leave()
    await refusing.stop()


async def test_when_everything_is_to_be_looked_at_every_bell_rings(open_toy: OpenToy) -> None:
    service = await open_toy(settings=HOUR)
    await service.leases.refresh()
    signals: Signals = service.signals
    signals.wake_at = NEVER
    service.bells.ring_all()
    rung = (signals.relay, signals.views, signals.wakes, signals.workers)
    assert all(one.is_set() for one in rung)
    assert signals.unpublished == signals.unprojected == set(service.leases.held)


def _watching(service: Instance) -> Watching:
    return Watching(
        service.round,
        service.metrics,
        Watchdog(60, lambda: 0.0),
        ("read", "wake", "publish", "project"),
        lambda _lane, *, again=False: None,
    )
