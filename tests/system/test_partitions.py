"""Topics and stores get more partitions: accounts stay in their lanes, and all goes on."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
from typer.testing import CliRunner

from arrears.billing import Event
from arrears.cli import app
from arrears.growing import TOLD_TO_EVERY_LANE, grow
from chassis.bus.base import lane_of
from chassis.clock import SimulatedClock
from chassis.errors import Misconfigured
from chassis.servers.postgres import database_url, ensure_database
from chassis.settings import SERVICES
from chassis.store.stored import Stored
from tests.isolation.test_every_event_can_be_published import CODES, OF_TYPE, PUBLISH, worded
from tests.stored.aggregates import AGGREGATES
from tests.stored.test_stored import SAMPLES
from tests.support.machine import CREDITOR, PARTITIONS, Machine, Running, Upstream, machine
from tests.support.published import AT
from tests.support.sms_provider import Provider
from tests.support.topics import delete_topics

START = datetime(2026, 3, 10, 2, tzinfo=UTC)
WIDER = 5
OLD = tuple(f"A-{number}" for number in range(1, 7))
NEW = tuple(f"A-{number}" for number in range(21, 27))
_LANES = """
select stream, count(distinct lane) from {}.events where stream like '%/%' group by 1"""
_SET = {"database_url", "bus", "kafka_bootstrap", "data_dir", "partitions", "lease_seconds"}
_LETTERS = "select count(*) from {}.dead_letters where state = 'parked'"


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def broker(request: pytest.FixtureRequest) -> str | None:
    return None if request.param == "embedded" else request.getfixturevalue("kafka_bootstrap")


@pytest.fixture
async def kafka(broker: str | None) -> AsyncIterator[str | None]:
    if broker is not None:
        await delete_topics(broker)
    yield broker
    if broker is not None:
        await delete_topics(broker)


@pytest.fixture
async def dsns(postgres_dsn: str) -> AsyncIterator[list[str]]:
    names = ["partitions_grown", "partitions_never"]
    for name in names:
        await ensure_database(postgres_dsn, name)
    yield [database_url(postgres_dsn, name) for name in names]
    connection = await asyncpg.connect(postgres_dsn)
    for name in names:
        await connection.execute(f"drop database {name} with (force)")
    await connection.close()


@pytest.fixture
def grown(dsns: list[str], tmp_path: Path, kafka: str | None) -> Machine:
    clock = SimulatedClock(START)
    return machine({"database_url": dsns[0]}, tmp_path / "grown", clock, Provider(), kafka)


@pytest.fixture
def never(dsns: list[str], tmp_path: Path) -> Machine:
    clock = SimulatedClock(START)
    return machine({"database_url": dsns[1]}, tmp_path / "never", clock, Provider(), None)


def _wider(one: Machine) -> Machine:
    return replace(one, settings=one.settings.model_copy(update={"partitions": WIDER}))


def _before(upstream: Upstream) -> list[Event]:
    return [event for account in OLD for event in upstream.opened(account, 1000)]


def _after(upstream: Upstream) -> list[Event]:
    paid = [upstream.paid(account, f"P-{account}", 400) for account in OLD]
    return [*paid, *(event for account in NEW for event in upstream.opened(account, 2000))]


async def _first(running: Running, one: Machine) -> None:
    await running.creditor()
    source = {"source": "upstream", "reason": "ours"}
    path = f"/v1/creditors/{CREDITOR}/sources"
    await running.call("ledger", "POST", path, "administration", source)
    await running.send(_before(Upstream(one.clock)))
    await running.settle()


async def _then(running: Running, one: Machine) -> Any:
    await running.send(_after(Upstream(one.clock)))
    await running.settle()
    await running.promise(OLD[0], 100)
    await running.run_until(one.clock.now() + timedelta(days=2))
    return await running.owed([*OLD, *NEW]), sorted(one.provider.log), await running.receipts()


async def _rows(dsn: str, query: str) -> dict[str, list[Any]]:
    connection = await asyncpg.connect(dsn)
    try:
        return {name: await connection.fetch(query.format(name)) for name in SERVICES}
    finally:
        await connection.close()


async def test_after_it_everything_goes_on_as_if_there_had_always_been_so_many(
    grown: Machine, never: Machine, dsns: list[str]
) -> None:
    moved = [a for a in OLD if len({lane_of(f"{CREDITOR}/{a}".encode(), n) for n in (2, 5)}) > 1]
    assert moved
    async with grown.running() as running:
        await _first(running, grown)
    done = await grow(grown.settings, WIDER)
    assert (done.before, done.partitions) == (PARTITIONS, WIDER)
    assert done.told == 2 * (WIDER - PARTITIONS)
    async with _wider(grown).running() as running:
        found = await _then(running, grown)
    async with never.running() as running:
        await _first(running, never)
        assert found == await _then(running, never)
    for rows in (await _rows(dsns[0], _LANES)).values():
        assert {row["count"] for row in rows} <= {1}
    assert {row[0]["count"] for row in (await _rows(dsns[0], _LETTERS)).values()} == {0}


async def test_it_may_be_cut_off_and_done_again(grown: Machine, dsns: list[str]) -> None:
    async with grown.running() as running:
        await _first(running, grown)
    await grow(grown.settings, WIDER)
    connection = await asyncpg.connect(dsns[0])
    await connection.execute("update legal.store_meta set partitions = $1", PARTITIONS)
    await connection.close()
    await grow(grown.settings, WIDER)
    async with _wider(grown).running() as running:
        await running.settle()
    assert {row[0]["count"] for row in (await _rows(dsns[0], _LETTERS)).values()} == {0}


async def test_it_is_refused_while_something_waits_or_runs_and_for_fewer(grown: Machine) -> None:
    async with grown.running() as running:
        await _first(running, grown)
        with pytest.raises(Misconfigured, match="is running: stop all instances"):
            await grow(grown.settings, WIDER)
        await running.send(Upstream(grown.clock).opened("A-9", 500))
    with pytest.raises(Misconfigured, match="ledger has 2 messages to read"):
        await grow(grown.settings, WIDER)
    with pytest.raises(Misconfigured, match="none can be taken away"):
        await grow(grown.settings, 1)
    await grow(grown.settings, WIDER, although_waiting=True)
    async with _wider(grown).running() as running:
        await running.settle()
        assert await running.owed(["A-9"]) == {"A-9": 500}


async def test_the_command_says_what_to_do_next(
    grown: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with grown.running() as running:
        await _first(running, grown)
    for name, value in grown.settings.model_dump(include=_SET).items():
        monkeypatch.setenv(f"ARREARS_{name.upper()}", str(value))
    said = await asyncio.to_thread(CliRunner().invoke, app, ["partitions", str(WIDER)])
    assert said.exit_code == 0
    assert f"{PARTITIONS} partitions were, {WIDER} are" in said.output


_BESIDE = [sample for sample in SAMPLES if sample["aggregate"] not in {"account", "matter"}]


@pytest.mark.parametrize("sample", _BESIDE, ids=lambda s: f"{s['service']} {s['type']}")
def test_whatever_goes_to_every_lane_is_said_again_to_new_ones(sample: dict[str, Any]) -> None:
    service, name = sample["service"], sample["aggregate"]
    said = worded(sample["data"], {**CODES, **OF_TYPE.get(sample["type"], {})})
    event = AGGREGATES[service, name].readers[sample["type"]](msgspec.json.encode(said))
    stream = f"{name}-acme/a" if name in {"numbers", "erasure"} else f"{name}-acme"
    stored = Stored(stream, 1, "", AT, None, event, lane=0, position=1)
    if any(one.lanes == "every" for one in PUBLISH[service](stored)):
        assert TOLD_TO_EVERY_LANE[service][0].name == name
