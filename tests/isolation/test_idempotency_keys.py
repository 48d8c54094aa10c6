"""An answer kept for its Idempotency-Key goes to nobody who may not have it, and not for ever."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import httpx
import pytest
from fastapi import APIRouter, Depends

from chassis.clock import SimulatedClock
from chassis.http import Principal, create_app, request_id, require
from chassis.http.dev_keys import mint_token
from chassis.metrics import Metrics
from chassis.settings import Settings
from chassis.store.migrate import migrate
from chassis.store.pool import create_pool
from chassis.store.sweeping import Sweeper

KEY = "key-1"


@dataclass
class Till:
    """Takes money for a creditor; `names` are the ids it made."""

    client: httpx.AsyncClient
    clock: SimulatedClock
    pool: "asyncpg.Pool[asyncpg.Record]"
    folder: Path
    names: list[str] = field(default_factory=list)

    async def take(
        self,
        *creditors: str,
        role: str = "finance",
        named: str | None = None,
        amount: int = 1,
        who: str = "ann",
    ) -> httpx.Response:
        token = mint_token(self.folder, [role], creditors, who)
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": KEY}
        params = {"creditor": named} if named else {}
        return await self.client.post(
            "/v1/money", headers=headers, params=params, json={"amount": amount}
        )


def router(names: list[str]) -> APIRouter:
    routes = APIRouter()

    @routes.post("/v1/money", status_code=201)
    async def take(
        who: Annotated[Principal, Depends(require("finance"))],
        made: Annotated[str, Depends(request_id)],
        body: dict[str, int],
        creditor: str | None = None,
    ) -> dict[str, Any]:
        names.append(made)
        return {"of": who.scope(creditor), "amount": body["amount"], "count": len(names)}

    return routes


async def readiness() -> dict[str, Any]:
    return {}


@pytest.fixture
async def till(database: str, tmp_path: Path) -> AsyncIterator[Till]:
    await migrate(database, "till")
    pool = await create_pool(database, "till", size=4)
    clock, names = SimulatedClock(datetime(2026, 3, 1, tzinfo=UTC)), list[str]()
    app = create_app(
        "till",
        Settings(data_dir=tmp_path),
        routers=[router(names)],
        readiness=readiness,
        metrics=Metrics("till"),
        pool=pool,
        clock=clock,
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://till") as client:
        yield Till(client, clock, pool, tmp_path, names)
    await pool.close()


async def test_a_token_of_another_creditor_does_not_get_the_answer(till: Till) -> None:
    assert (await till.take("acme")).json()["of"] == "acme"
    other = await till.take("other")
    assert (other.json()["of"], other.json()["count"]) == ("other", 2)
    assert "idempotency-replayed" not in other.headers
    assert till.names[0] != till.names[1]


async def test_the_same_key_for_two_creditors_named_makes_two_things(till: Till) -> None:
    first = await till.take("acme", "other", named="acme")
    second = await till.take("acme", "other", named="other")
    assert (first.json()["of"], second.json()["of"]) == ("acme", "other")
    assert len(set(till.names)) == 2


async def test_a_token_that_lost_its_role_gets_no_replay(till: Till) -> None:
    assert (await till.take("acme")).status_code == 201
    assert (await till.take("acme", role="sales")).status_code == 403
    again = await till.take("acme")
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")


async def test_a_token_that_lost_the_creditor_gets_no_replay(till: Till) -> None:
    assert (await till.take("acme", "other", named="acme")).status_code == 201
    assert (await till.take("other", named="acme")).status_code == 403
    again = await till.take("acme", named="acme")
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert len(till.names) == 1


async def test_a_token_that_gained_a_creditor_gets_the_answer_for_the_one_named(till: Till) -> None:
    first = await till.take("acme", named="acme")
    again = await till.take("acme", "other", named="acme")
    assert first.content == again.content
    assert len(till.names) == 1


async def test_another_caller_with_the_same_key_is_served_for_itself(till: Till) -> None:
    await till.take("acme")
    assert (await till.take("acme", who="bob", amount=2)).json()["amount"] == 2


@pytest.mark.parametrize("named", ["\0", "x" * 9000, "客户", "a,b"])
async def test_a_creditor_nobody_can_store_is_refused_with_a_key_too(
    till: Till, named: str
) -> None:
    assert (await till.take("acme", named=named)).status_code in {403, 422}


async def test_a_key_is_free_again_after_a_day(till: Till) -> None:
    await till.take("acme")
    till.clock.set(till.clock.now() + timedelta(hours=24) - timedelta(seconds=1))
    assert (await till.take("acme", amount=2)).status_code == 422
    till.clock.set(till.clock.now() + timedelta(seconds=1))
    later = await till.take("acme", amount=2)
    assert (later.status_code, later.json()["amount"]) == (201, 2)
    assert (await till.take("acme", amount=2)).headers["idempotency-replayed"] == "true"
    assert len(set(till.names)) == 2


async def test_answers_are_deleted_after_a_day(till: Till) -> None:
    await till.take("acme")
    sweeper = Sweeper(till.pool)
    await sweeper.sweep(till.clock.now())
    assert await till.pool.fetchval("select count(*) from idempotency") == 1
    await sweeper.sweep(till.clock.now() + timedelta(hours=24))
    assert await till.pool.fetchval("select count(*) from idempotency") == 0


async def test_an_answer_kept_before_the_upgrade_is_neither_given_nor_made_again(
    till: Till,
) -> None:
    await till.take("acme")
    await till.pool.execute("update idempotency set issuer = '', creditors = ''")
    assert (await till.take("acme")).status_code == 409
    assert (await till.take("other")).status_code == 409
    assert len(till.names) == 1
    till.clock.set(till.clock.now() + timedelta(hours=24))
    assert (await till.take("acme")).status_code == 201
