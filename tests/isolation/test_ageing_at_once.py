"""The ageing of a past day is folded once at a time for a creditor."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from services.ledger.main import build
from tests.ledger.conftest import START, World

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
        asked = (PAST, PAST, TODAY, OTHER)
        answers = await asyncio.gather(*(client.get(path) for path in asked))
        after = await client.get(PAST)
    both = sorted(answers[:2], key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in both] == [200, 429]
    assert both[1].headers["retry-after"] == "5"
    assert [answer.status_code for answer in (*answers[2:], after)] == [200, 200, 200]
