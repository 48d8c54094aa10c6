"""An account with a long history is shown in pages, and no more of it is read than a page needs."""

import csv
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts import billing, dunning
from contracts.words.streams import account_stream
from services.ledger.main import build
from tests.ledger.conftest import START, World

STATEMENT = "/v1/accounts/1/statement"
ITEMS = "/v1/accounts/1/items"
PORTION = 500
"""What is read of a history at once (`chassis/store/reads.py`)."""


@pytest.fixture
async def world(database: str, tmp_path: Path) -> AsyncIterator[World]:
    async with World.open(build, database, START, tmp_path) as opened:
        await opened.terms(late_fee=dunning.LateFeeTerms(rate_per_day="0.001"))
        yield opened


async def invoices(world: World, numbers: range) -> None:
    """Invoices of ten thousand each, all on one account."""
    for number in numbers:
        data = billing.InvoiceIssued(
            invoice_id=f"I{number:05}",
            account_id="1",
            item="fee",
            amount=10_000,
            currency="CNY",
            issued_on=world.today,
            due_on=world.today + timedelta(days=30),
            number=f"No. {number}",
        )
        await world.publish(data)
    await world.settle()


async def all_pages(
    client: httpx.AsyncClient, path: str, part: str, limit: int, **more: str
) -> list[Any]:
    found: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await client.get(path, params={"limit": str(limit), **more, **cursor})).json()
        assert len(page[part]) <= limit
        found += page[part]
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


async def make_unreadable(world: World, first: int, last: int) -> None:
    """Whoever reads these of the account's events fails."""
    changed = await world.service.pool.fetch(
        "update events set data = $2 where stream = $1 and version between $3 and $4 returning 1",
        account_stream("acme", "1"),
        b"?",
        first,
        last,
    )
    assert changed


async def test_pages_of_a_statement_are_the_whole_statement(world: World) -> None:
    await invoices(world, range(5))
    await world.go_to(date(2026, 2, 10))
    await world.pay("P", 25_000)
    await world.pay("Q", 40_000)
    async with world.client("finance") as client:
        whole = (await client.get(STATEMENT)).json()
        file = await client.get(f"{STATEMENT}?format=csv&limit=1")
        for limit in (1, 2, 3):
            assert await all_pages(client, STATEMENT, "lines", limit) == whole["lines"]
        first = (await client.get(f"{STATEMENT}?limit=1")).json()
    kinds = [line["kind"] for line in whole["lines"]]
    assert kinds.count("late_fee_charged") > 1, "several movements of one event"
    assert whole["next"] is None
    assert whole["lines"][-1]["balance"] == whole["balance"]
    sums = ("balance", "late_fee", "total")
    assert [first[name] for name in sums] == [whole[name] for name in sums]
    rows = list(csv.reader(file.content.decode("utf-8-sig").splitlines()))
    assert len(rows) == 1 + len(whole["lines"]) + (whole["late_fee"] > 0)
    assert whole["lines"][0]["number"] == "No. 0"


async def test_pages_of_items_are_all_items(world: World) -> None:
    await invoices(world, range(5))
    await world.go_to(date(2026, 1, 31))
    await world.pay("P", 25_000)
    async with world.client("finance") as client:
        opened = (await client.get(ITEMS)).json()["items"]
        every = (await client.get(ITEMS, params={"state": "all"})).json()["items"]
        assert await all_pages(client, ITEMS, "items", 2) == opened
        assert await all_pages(client, ITEMS, "items", 2, state="all") == every
    assert len(opened) == len(every) - 2
    assert [item["number"] for item in every] == [f"No. {number}" for number in range(5)]


async def test_a_page_of_a_statement_reads_no_more_than_its_part(world: World) -> None:
    await invoices(world, range(PORTION + 50))
    await make_unreadable(world, PORTION + 2, PORTION + 40)
    async with world.client("finance") as client:
        page = await client.get(STATEMENT, params={"limit": "50"})
    assert [line["number"] for line in page.json()["lines"]] == [f"No. {n}" for n in range(50)]
    assert page.json()["balance"] == 10_000 * (PORTION + 50)


async def test_figures_of_a_past_day_are_told_without_what_came_after(world: World) -> None:
    await invoices(world, range(3))
    await world.go_to(date(2026, 1, 5))
    await invoices(world, range(3, 6))
    await make_unreadable(world, 4, 5)
    async with world.client("finance") as client:
        for path in ("/v1/accounts/1/balance", ITEMS, STATEMENT):
            answer = await client.get(path, params={"as_of": "2026-01-03"})
            assert answer.status_code == 200, path
        balance = await client.get("/v1/accounts/1/balance", params={"as_of": "2026-01-03"})
    assert (balance.json()["principal"], balance.json()["version"]) == (30_000, 3)
