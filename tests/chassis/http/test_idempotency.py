import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import httpx
import pytest
from fastapi import APIRouter, Depends

from chassis.errors import Rejected
from chassis.http import create_app, request_id
from chassis.metrics import Metrics
from chassis.settings import Settings
from chassis.store.migrate import migrate
from chassis.store.pool import create_pool

Token = Callable[..., dict[str, str]]


@dataclass
class Shop:
    """Counts the orders it takes; `gate` keeps one waiting, `refuse` makes it say no."""

    ids: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    refuse: bool = False

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.post("/v1/orders", status_code=201)
        async def order(made: Annotated[str, Depends(request_id)]) -> dict[str, Any]:
            self.entered.set()
            await self.gate.wait()
            if self.refuse:
                raise Rejected("not today")
            self.ids.append(made)
            return {"id": made, "count": len(self.ids)}

        return router


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.gate.set()
    return shop


@pytest.fixture
async def pool(database: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    await migrate(database, "shop")
    pool = await create_pool(database, "shop", size=4)
    yield pool
    await pool.close()


@pytest.fixture
async def client(
    shop: Shop, tmp_path: Path, pool: "asyncpg.Pool[asyncpg.Record]"
) -> AsyncIterator[httpx.AsyncClient]:
    async def readiness() -> dict[str, Any]:
        return {}

    app = create_app(
        "shop",
        Settings(data_dir=tmp_path),
        routers=[shop.router()],
        readiness=readiness,
        metrics=Metrics("shop"),
        pool=pool,
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        yield client


def keyed(token: Token, key: str, role: str = "sales") -> dict[str, str]:
    return {**token(role), "Idempotency-Key": key}


async def test_a_repeat_gets_the_same_answer_and_does_nothing(
    client: httpx.AsyncClient, token: Token, shop: Shop
) -> None:
    first = await client.post("/v1/orders", json={"a": 1}, headers=keyed(token, "k1"))
    again = await client.post("/v1/orders", json={"a": 1}, headers=keyed(token, "k1"))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    assert len(shop.ids) == 1


async def test_a_key_used_for_something_else_is_refused(
    client: httpx.AsyncClient, token: Token, shop: Shop
) -> None:
    await client.post("/v1/orders", json={"a": 1}, headers=keyed(token, "k1"))
    other = await client.post("/v1/orders", json={"a": 2}, headers=keyed(token, "k1"))
    assert other.status_code == 422
    assert len(shop.ids) == 1


async def test_a_repeat_while_the_first_is_at_work_conflicts(
    client: httpx.AsyncClient, token: Token, shop: Shop
) -> None:
    shop.gate.clear()
    headers = keyed(token, "k1")
    first = asyncio.create_task(client.post("/v1/orders", json={}, headers=headers))
    await shop.entered.wait()
    assert (await client.post("/v1/orders", json={}, headers=headers)).status_code == 409
    shop.gate.set()
    assert (await first).status_code == 201
    assert len(shop.ids) == 1


async def test_a_refused_request_may_be_tried_again(
    client: httpx.AsyncClient, token: Token, shop: Shop
) -> None:
    shop.refuse = True
    headers = keyed(token, "k1")
    assert (await client.post("/v1/orders", json={}, headers=headers)).status_code == 409
    shop.refuse = False
    assert (await client.post("/v1/orders", json={}, headers=headers)).status_code == 201


async def test_what_a_crashed_request_claimed_can_be_taken_over(
    client: httpx.AsyncClient, token: Token, shop: Shop, pool: "asyncpg.Pool[asyncpg.Record]"
) -> None:
    shop.gate.clear()
    headers = keyed(token, "k1")
    crashed = asyncio.create_task(client.post("/v1/orders", json={}, headers=headers))
    await shop.entered.wait()
    await pool.execute("update idempotency set at = now() - interval '2 minutes'")
    shop.gate.set()
    again = await client.post("/v1/orders", json={}, headers=headers)
    await crashed
    assert again.status_code == 201
    assert len(set(shop.ids)) == 1


async def test_ids_derive_from_caller_and_key(
    client: httpx.AsyncClient, token: Token, shop: Shop, pool: "asyncpg.Pool[asyncpg.Record]"
) -> None:
    for key in ("k1", "k2"):
        await client.post("/v1/orders", json={}, headers=keyed(token, key))
    await pool.execute("delete from idempotency")
    await client.post("/v1/orders", json={}, headers=keyed(token, "k1"))
    await client.post("/v1/orders", json={}, headers=token("sales"))
    assert shop.ids[0] == shop.ids[2]
    assert len(set(shop.ids)) == 3


@pytest.mark.parametrize("key", ["", "x" * 129, "ümlaut".encode("latin-1")])
async def test_an_unusable_key_is_refused(
    client: httpx.AsyncClient, token: Token, shop: Shop, key: str | bytes
) -> None:
    raw = key if isinstance(key, bytes) else key.encode()
    headers = [(k.encode(), v.encode()) for k, v in token("sales").items()]
    answer = await client.post("/v1/orders", json={}, headers=[*headers, (b"idempotency-key", raw)])
    assert answer.status_code == 422
    assert shop.ids == []
