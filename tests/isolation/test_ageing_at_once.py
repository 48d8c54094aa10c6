"""The ageing of a past day is folded once at a time for a creditor."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from services.ledger.main import build
from tests.ledger.conftest import START, World
from tests.support.threads import no_thread_free

PAST = "/v1/creditors/acme/ageing?as_of=2026-01-01"
TODAY = "/v1/creditors/acme/ageing"
OTHER = "/v1/creditors/other/ageing?as_of=2026-01-01"


@pytest.fixture
async def world(database: str, tmp_path: Path) -> AsyncIterator[World]:
    async with World.open(build, database, START, tmp_path) as opened:
        await opened.terms()
        await opened.terms("other")
        await opened.invoice("A", 10, date(2026, 1, 10))
        await opened.go_to(date(2026, 1, 3))
        yield opened


async def test_a_second_ageing_of_a_past_day_waits_its_turn(world: World) -> None:
    async with world.client("finance", creditors=("acme", "other")) as client:
        async with no_thread_free():
            both = {asyncio.create_task(client.get(PAST)) for _ in range(2)}
            refused, waiting = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            answers = [one.result() for one in refused]
            assert [answer.status_code for answer in answers] == [429], "before the first is done"
            assert answers[0].headers["retry-after"] == "5"
            assert (await client.get(TODAY)).status_code == 200
        assert [(await one).status_code for one in waiting] == [200]
        assert [(await client.get(path)).status_code for path in (PAST, OTHER)] == [200, 200]
