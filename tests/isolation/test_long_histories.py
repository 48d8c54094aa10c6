"""An account with a long history is shown in pages, all of the same version; what has to be folded
for them is folded once, beside the event loop.
"""

import asyncio
import csv
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from chassis.http.paging import LIMIT_MAX, encode_cursor
from contracts import billing, dunning
from contracts.words.streams import account_stream
from services.ledger.main import build
from services.legal.evidence.gathering import ledger_entries
from tests.ledger.conftest import START, World
from tests.support.damage import as_administrator
from tests.support.threads import no_thread_free

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
    changed = await as_administrator(
        world.service.pool,
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


async def test_pages_and_sums_are_of_the_first_pages_version(world: World) -> None:
    await invoices(world, range(4))
    await world.go_to(date(2026, 2, 10))
    async with world.client("finance") as client:
        for path, part, state in (
            (STATEMENT, "lines", None),
            (ITEMS, "items", "open"),
            (ITEMS, "items", "all"),
        ):
            asked = {"state": state} if state else {}
            whole = (await client.get(path, params=asked)).json()
            first = (await client.get(path, params={"limit": "2", **asked})).json()
            await world.pay(f"P-{part}-{state}", 5_000)
            asked["cursor"] = first["next"]
            second = (await client.get(path, params=asked)).json()
            assert first[part] + second[part] == whole[part]
            assert {**second, part: []} == {**whole, part: []}


@pytest.mark.parametrize("asked", [{}, {"as_of": "2026-01-01"}])
async def test_a_history_is_folded_once_for_all_pages(world: World, asked: dict[str, str]) -> None:
    await invoices(world, range(5))
    asked["state"] = "all"
    async with world.client("finance") as client:
        first = (await client.get(ITEMS, params={"limit": "2", **asked})).json()
        await make_unreadable(world, 1, 4)
        second = (await client.get(ITEMS, params={"cursor": first["next"], **asked})).json()
    assert [one["number"] for one in second["items"]] == ["No. 2", "No. 3", "No. 4"]


async def test_past_days_that_wait_for_a_thread_leave_connections_to_others(world: World) -> None:
    await invoices(world, range(3))
    await world.go_to(date(2026, 1, 5))
    asked = {"as_of": "2026-01-03", "state": "all"}
    async with world.client("finance") as client:
        async with no_thread_free():
            waiting = [
                asyncio.create_task(client.get(ITEMS, params=asked))
                for _ in range(world.settings.pool_size + 2)
            ]
            for _ in range(20 * len(waiting)):  # so often that all have come as far as may be
                await world.service.read(account_stream("acme", "1"))
            assert not any(one.done() for one in waiting), "the history is folded by a thread"
        assert {(await one).status_code for one in waiting} == {200}


async def test_cursors_nobody_was_given_are_refused(world: World) -> None:
    await invoices(world, range(1))
    now, day = world.clock.now(), date(2026, 1, 1)
    moments = [(version, now) for version in (-(2**63), -1, 0, 2, 2**31, 2**63 - 1)]
    moments += [(1, datetime(year, 1, 1, tzinfo=UTC)) for year in (1, 1969, 9999)]
    asked = [(STATEMENT, [version, 0, 1, now]) for version, _ in moments[:6]]
    asked += [(STATEMENT, [1, 0, *moment]) for moment in moments]
    asked += [(ITEMS, [day, day, 1, *moment]) for moment in moments]
    async with world.client("finance") as client:
        for path, key in asked:
            answer = await client.get(path, params={"cursor": encode_cursor(key)})
            assert answer.status_code == 422, (key, answer.text)


async def test_evidence_has_sums_and_movements_of_one_version(world: World) -> None:
    await invoices(world, range(LIMIT_MAX + 5))
    async with world.client("finance") as client:
        moving = Moving(world, client)
        entries = await ledger_entries(moving, "acme", "1")
    told = {entry.name: entry.content for entry in entries}
    account, items, statement = (
        json.loads(told[f"{name}.json"]) for name in ("account", "items", "statement")
    )
    assert moving.paid == 3
    assert len({one["version"] for one in (account, items, statement)}) == 1
    assert statement["lines"][-1]["balance"] == statement["balance"]
    assert statement["balance"] == account["principal"] - account["prepaid"]
    assert sum(one["principal"] for one in items["items"]) == account["principal"]
    assert len({one["item_id"] for one in items["items"]}) == len(items["items"]) == LIMIT_MAX + 5


class Moving:
    """The ledger's API; a payment comes behind the first answer, and before further pages."""

    def __init__(self, world: World, client: httpx.AsyncClient) -> None:
        self._world = world
        self._client = client
        self.paid = 0

    async def get(self, service: str, path: str, **params: Any) -> Any:
        if "cursor" in params:
            await self._pay()
        assert service == "ledger"
        answer = await self._client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        if not self.paid:
            await self._pay()
        return answer.json()

    async def _pay(self) -> None:
        self.paid += 1
        await self._world.pay(f"P{self.paid}", 10_000)

    def pages(self, service: str, path: str, **params: Any) -> AsyncIterator[Any]:
        raise NotImplementedError(service, path, params)
