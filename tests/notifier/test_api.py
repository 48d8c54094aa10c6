"""What people and providers may see and say over HTTP."""

import base64
import hashlib
import hmac
from typing import Any

import httpx
import orjson
import pytest

from tests.notifier.conftest import Open
from tests.notifier.world import World
from tests.support.service_world import ACCOUNT

SECRET = "callback-secret-of-the-provider-of-texts"


@pytest.fixture
async def with_notices(world: World) -> World:
    await world.debtor()
    version = await world.owes(830000)
    for number in range(3):
        await world.request(f"N-{number}", version=version)
    await world.request("N-9", version=version, channel="ems", purpose="arrears_notice")
    await world.run()
    return world


async def test_pages_of_notices_show_each_once(with_notices: World) -> None:
    seen: list[str] = []
    cursor: str | None = None
    async with with_notices.client("manager") as client:
        while True:
            params: dict[str, Any] = {"limit": 2} | ({"cursor": cursor} if cursor else {})
            answer = (await client.get("/v1/notices", params=params)).json()
            seen += [one["notice_id"] for one in answer["items"]]
            cursor = answer["next"]
            if cursor is None:
                break
    assert seen == ["N-0", "N-1", "N-2", "N-9"]


async def test_filters_narrow_the_listing(with_notices: World) -> None:
    async with with_notices.client("manager") as client:
        by_channel = (await client.get("/v1/notices", params={"channel": "ems"})).json()["items"]
        other = (await client.get("/v1/notices", params={"account": "P-2"})).json()["items"]
        failed = (await client.get("/v1/notices", params={"state": "failed"})).json()["items"]
    assert [one["notice_id"] for one in by_channel] == ["N-9"]
    assert other == failed == []


async def test_collectors_read_the_text_and_the_address(with_notices: World) -> None:
    async with with_notices.client("collector") as client:
        shown = (await client.get("/v1/notices/N-0")).json()
    assert shown["to"] == "+8613800138000"
    assert "8,300.00" in shown["text"]
    keys = await with_notices.service.keys([])
    assert shown["content_hash"] == keys.proof(f"\n{shown['text']}")


async def test_finance_sees_that_a_notice_went_but_not_to_whom(with_notices: World) -> None:
    async with with_notices.client("finance") as client:
        shown = (await client.get("/v1/notices/N-0")).json()
    assert shown["to"] == "***8000"
    assert shown["text"] is None
    assert shown["state"] == "sent"


async def test_a_delivery_applies_to_the_latest_notice_of_the_channel(
    with_notices: World,
) -> None:
    world = with_notices
    async with world.client("operations") as client:
        answer = await client.post(
            f"/v1/accounts/{ACCOUNT}/deliveries", json={"channel": "ems", "result": "returned"}
        )
        assert answer.json()["notice_id"] == "N-9"
        await world.run()
        shown = (await client.get("/v1/notices/N-9")).json()
        assert (shown["result"], shown["result_by"]) == ("returned", "ann")
        none = await client.post(
            f"/v1/accounts/{ACCOUNT}/deliveries", json={"channel": "voice", "result": "failed"}
        )
        assert none.status_code == 404
    await world.run()
    told = (await world.published("notifier"))[-1]
    assert (told.type, told.data.reason) == ("notifier.notice.returned.v1", "returned")


async def test_a_signature_is_told_as_acknowledged_and_only_once(with_notices: World) -> None:
    world = with_notices
    async with world.client("property") as client:
        for _ in range(2):
            body = {"channel": "ems", "result": "signed"}
            await client.post(f"/v1/accounts/{ACCOUNT}/deliveries", json=body)
    await world.run()
    told = [one for one in await world.published("notifier") if "acknowledged" in one.type]
    assert [one.data.how for one in told] == ["signed"]


async def test_another_creditors_token_finds_nothing(with_notices: World) -> None:
    from chassis.http.dev_keys import mint_token

    token = mint_token(with_notices.settings.data_dir, ["manager"], creditors=["other"])
    async with with_notices.client() as client:
        client.headers["Authorization"] = f"Bearer {token}"
        assert (await client.get("/v1/notices")).json()["items"] == []
        assert (await client.get("/v1/notices/N-0")).status_code == 404
        assert (await client.get("/v1/notices", params={"creditor": "acme"})).status_code == 403


async def test_recording_a_delivery_takes_a_role(with_notices: World) -> None:
    async with with_notices.client("auditor") as client:
        answer = await client.post(
            f"/v1/accounts/{ACCOUNT}/deliveries", json={"channel": "ems", "result": "signed"}
        )
    assert answer.status_code == 403


@pytest.fixture
async def provider(open_world: Open) -> World:
    world = await open_world(callback_secrets={"sms": SECRET})
    await world.terms()
    await world.debtor()
    await world.request(version=await world.owes(830000))
    await world.run()
    return world


async def _call(
    world: World, body: dict[str, Any], *, call_id: str = "c1", shift: int = 0, secret: str = SECRET
) -> int:
    raw = orjson.dumps(body)
    stamp = str(int(world.clock.now().timestamp()) + shift)
    signed = hmac.new(secret.encode(), f"{call_id}.{stamp}.".encode() + raw, hashlib.sha256)
    headers = {
        "webhook-id": call_id,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(signed.digest()).decode(),
    }
    transport = httpx.ASGITransport(app=world.service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notifier") as client:
        answer = await client.post("/v1/callbacks/sms", content=raw, headers=headers)
    return answer.status_code


async def test_a_signed_callback_tells_the_delivery(provider: World) -> None:
    assert await _call(provider, {"notice_id": "N-1", "result": "delivered"}) == 204
    await provider.run()
    assert (await provider.published("notifier"))[-1].type == "notifier.notice.delivered.v1"


@pytest.mark.parametrize(
    "wrong", [{"secret": "guessed"}, {"shift": 301}, {"shift": -301}, {"call_id": ""}]
)
async def test_a_callback_that_is_not_signed_now_is_refused(
    provider: World, wrong: dict[str, Any]
) -> None:
    assert await _call(provider, {"notice_id": "N-1", "result": "failed"}, **wrong) == 403
    await provider.run()
    assert len(await provider.published("notifier")) == 1


async def test_a_replayed_callback_changes_nothing(provider: World) -> None:
    await _call(provider, {"notice_id": "N-1", "result": "failed"}, call_id="c1")
    await _call(provider, {"notice_id": "N-1", "result": "delivered"}, call_id="c2")
    assert await _call(provider, {"notice_id": "N-1", "result": "failed"}, call_id="c1") == 204
    await provider.run()
    last = (await provider.published("notifier"))[-1]
    assert last.type == "notifier.notice.delivered.v1"


async def test_callbacks_of_a_channel_without_a_secret_are_refused(provider: World) -> None:
    transport = httpx.ASGITransport(app=provider.service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notifier") as client:
        headers = {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,"}
        answer = await client.post("/v1/callbacks/email", content=b"{}", headers=headers)
    assert answer.status_code == 404


async def test_a_callback_with_a_broken_body_names_the_field(provider: World) -> None:
    assert await _call(provider, {"notice_id": "N-1", "result": "lost"}) == 422
