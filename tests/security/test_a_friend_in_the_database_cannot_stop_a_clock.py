"""Whoever writes in the database lets a debtor's day pass by: `arrears verify` names the debtor."""
# ruff: noqa: S608 - statements of ours

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from chassis.store import comparing
from services.ledger.domain.aggregates import AGGREGATES
from services.ledger.main import build
from tests.ledger.conftest import START, World

STREAM = "account-acme/1"
FIND = f"select wake_at from state where stream = '{STREAM}'"
FAILED = """
insert into dead_letters (at, lane, source, creditor, account, error, reason, stream, version)
select now(), lane, 'wake', 'acme', '1', 'E', 'r', stream, 0 from state where stream = $1"""


@pytest.fixture
async def world(database: str, tmp_path: Path) -> AsyncIterator[World]:
    async with World.open(build, database, START, tmp_path) as opened:
        await opened.terms()
        await opened.invoice("i-1", 100, date(2026, 2, 1))
        yield opened


async def damage(world: World) -> list[str]:
    kinds = {one.name: one for one in AGGREGATES}
    async with world.service.pool.acquire() as connection:
        compared = [one async for one in comparing.streams(connection, kinds, "")]
    return [str(damage) for one in compared for damage in one.damage]


async def put_off(world: World, until: str) -> None:
    async with world.service.pool.acquire() as connection:
        assert await connection.fetchval(FIND) is not None
        await connection.execute(f"update state set wake_at = {until} where stream = $1", STREAM)


@pytest.mark.parametrize("until", ["null", "wake_at + interval '1 second'", "'infinity'"])
async def test_an_account_that_would_sleep_on_is_named(world: World, until: str) -> None:
    assert await damage(world) == []
    await put_off(world, until)
    assert await damage(world) == [
        f"stream {STREAM}: it would be woken later than its events say, or never"
    ]


async def test_one_that_failed_when_it_was_woken_is_put_off_by_right(world: World) -> None:
    await put_off(world, "wake_at + interval '1 hour'")
    async with world.service.pool.acquire() as connection:
        await connection.execute(FAILED, STREAM)
    assert await damage(world) == []
    await put_off(world, "'-infinity'")
    assert await damage(world) == []
