"""Gauges that cost a statement: what they say, and who says it."""

from dataclasses import replace
from importlib.metadata import version

import asyncpg
import pytest

from chassis.bus.embedded import EmbeddedBus
from chassis.runtime.figures import Figure, Figures
from chassis.runtime.instance import Instance
from chassis.store import restored
from tests.chassis import toy
from tests.chassis.conftest import OpenToy
from tests.chassis.test_metrics import measured

BY_CREDITOR = Figure(
    "select split_part(split_part(stream, '-', 2), '/', 1), 'CNY', count(*), sum(amount) "
    "from view_totals where stream like 'account-%' group by 1",
    {"accounts": "Accounts.", "paid": "What they paid."},
    ("currency",),
)


class Monotonic:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def monotonic() -> Monotonic:
    return Monotonic()


def _figures(service: Instance, monotonic: Monotonic) -> Figures:
    return Figures(service.pool, service.metrics, service.leases, (BY_CREDITOR,), monotonic)


async def test_figures_are_read_by_creditor(
    open_toy: OpenToy, bus: EmbeddedBus, monotonic: Monotonic
) -> None:
    service = await open_toy(settings={"metrics_creditors": 5})
    figures = _figures(service, monotonic)
    await toy.send(bus, "a", toy.payment(1, "a", 40), toy.payment(2, "a", 2))
    await service.step()
    await figures.look()
    labels = {"creditor": "acme", "currency": "CNY"}
    assert measured(service, "accounts", **labels) == 1
    assert measured(service, "paid", **labels) == 42


async def test_version_and_schema_are_told(open_toy: OpenToy, monotonic: Monotonic) -> None:
    service = await open_toy()
    at = await service.pool.fetchval("select version_num from alembic_version")
    await service.step()
    await _figures(service, monotonic).look()
    assert measured(service, "build_info", version=version("arrears"), schema=at) == 1


async def test_creditors_that_have_no_name_here_are_added_up(
    open_toy: OpenToy, bus: EmbeddedBus, monotonic: Monotonic
) -> None:
    service = await open_toy()
    two = replace(BY_CREDITOR, statement="values ('a', 'CNY', 1, 5), ('b', 'CNY', 2, 6)")
    figures = Figures(service.pool, service.metrics, service.leases, (two,), monotonic)
    await service.step()
    for _ in range(2):
        await figures.look()
        assert measured(service, "paid", creditor="other", currency="CNY") == 11
        monotonic.now += 60


async def test_who_gives_up_the_first_lane_stops_speaking_for_the_service(
    open_toy: OpenToy, bus: EmbeddedBus, monotonic: Monotonic
) -> None:
    service = await open_toy()
    figures = _figures(service, monotonic)
    await toy.send(bus, "a", toy.payment(1, "a", 40))
    await service.step()
    await figures.look()
    labels = {"creditor": "other", "currency": "CNY"}
    assert measured(service, "paid", **labels) == 40
    service.leases.held.pop(0)
    monotonic.now += 60
    await figures.look()
    assert measured(service, "paid", **labels) is None
    assert measured(service, "last_backup_timestamp_seconds") is None


async def test_dead_letters_are_counted_until_somebody_deals_with_them(
    open_toy: OpenToy, bus: EmbeddedBus, monotonic: Monotonic
) -> None:
    service = await open_toy()
    figures = _figures(service, monotonic)
    refused = (toy.payment(n, "a", toy.REFUSED) for n in range(3))
    await toy.send(bus, "a", *refused)
    await service.step()
    await figures.look()
    assert measured(service, "dead_letters", source="billing") == 3
    for letter in await toy.parked(service):
        await service.pool.execute(
            "update dead_letters set state = 'discarded' where id = $1", letter["id"]
        )
    await figures.look()
    assert measured(service, "dead_letters", source="billing") == 3, "asked too early"
    monotonic.now += 31
    await figures.look()
    assert measured(service, "dead_letters", source="billing") is None


async def test_the_last_backup_is_told_and_zero_when_there_was_none(
    open_toy: OpenToy, monotonic: Monotonic
) -> None:
    service = await open_toy()
    figures = _figures(service, monotonic)
    await service.step()
    await figures.look()
    assert measured(service, "last_backup_timestamp_seconds") == 0
    async with service.pool.acquire() as connection:
        await restored.note_backup(connection, "toy", {("billing", 0): 0}, finished=True)
        now = await connection.fetchval("select extract(epoch from now())::float8")
    monotonic.now += 31
    await figures.look()
    told = measured(service, "last_backup_timestamp_seconds")
    assert told == pytest.approx(now, abs=60)


class Slow(Monotonic):
    """A store that takes two seconds to answer."""

    def __call__(self) -> float:
        self.now += 2
        return self.now


async def test_what_takes_long_is_asked_seldom(open_toy: OpenToy, bus: EmbeddedBus) -> None:
    service = await open_toy()
    slow = Slow()
    figures = _figures(service, slow)
    await service.step()
    await figures.look()  # two seconds by this clock
    await toy.send(bus, "a", toy.payment(1, "a", 40))
    await service.step()
    slow.now += 150
    await figures.look()
    labels = {"creditor": "other", "currency": "CNY"}
    assert measured(service, "paid", **labels) is None
    slow.now += 60
    await figures.look()
    assert measured(service, "paid", **labels) == 40


async def test_what_takes_long_and_fails_is_asked_seldom_too(open_toy: OpenToy) -> None:
    service = await open_toy()
    slow = Slow()
    fails = replace(BY_CREDITOR, statement="select 1/0")
    figures = Figures(service.pool, service.metrics, service.leases, (fails,), slow)
    await service.step()
    with pytest.raises(asyncpg.DivisionByZeroError):
        await figures.look()
    slow.now += 150
    await figures.look()
    slow.now += 60
    with pytest.raises(asyncpg.DivisionByZeroError):
        await figures.look()
