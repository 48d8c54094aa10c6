"""What providers tell of notices, by themselves or asked: believed when signed, counted once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio
from standardwebhooks.webhooks import Webhook

from services.notifier.results import ASK_AFTER
from services.notifier.views import results
from services.notifier.views.results import Place
from tests.notifier.conftest import Open
from tests.notifier.world import World
from tests.support.sms_provider import SECRET, Provider

OLD, NEW = (
    "whsec_dGhlIG9sZCBzZWNyZXQsIHdoaWNoIGlzIHN0aWxsIGxpc3RlZA==",
    "whsec_dGhlIG5ldyBzZWNyZXQsIHdoaWNoIHNpZ25zIGZyb20gbm93IG9u",
)
FORGED = "whsec_YSBmb3JnZWQgc2VjcmV0IHRoYXQgbm9ib2R5IGhhcyBsaXN0ZWQ="
DELIVERED, FAILED = "notifier.notice.delivered.v1", "notifier.notice.failed.v1"


async def sent(world: World, *ids: str) -> World:
    await world.terms(contact={"from_hour": "00:00", "until_hour": "23:59", "per_seven_days": 99})
    await world.debtor()
    version = await world.owes(830000)
    for one in ids:
        await world.request(one, version=version)
    await world.run()
    return world


async def call(
    world: World, told: dict[str, Any], *secrets: str, call_id: str = "c1", late: int = 0
) -> int:
    """A provider's call, signed by the authors' own library."""
    body, at = orjson.dumps(told), world.clock.now() - timedelta(seconds=late)
    signatures = [Webhook(one).sign(call_id, at, body.decode()) for one in secrets or (NEW,)]
    headers = {
        "webhook-id": call_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    transport = httpx.ASGITransport(app=world.service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notifier") as client:
        answer = await client.post("/v1/callbacks/sms", content=body, headers=headers)
    return answer.status_code


async def told(world: World) -> list[str]:
    await world.run()
    return [one.type for one in await world.published("notifier") if "sent" not in one.type]


@pytest_asyncio.fixture
async def hearing(open_world: Open) -> World:
    return await sent(await open_world(callback_secrets={"sms": [NEW, OLD]}), "N-1", "N-2")


@pytest.mark.parametrize("secrets", [(NEW,), (OLD,), (FORGED, OLD)])
async def test_each_secret_of_an_exchange_is_believed(
    hearing: World, secrets: tuple[str, ...]
) -> None:
    assert await call(hearing, {"notice_id": "N-1", "result": "delivered"}, *secrets) == 204
    assert await told(hearing) == [DELIVERED]


async def test_forged_stale_and_altered_calls_change_nothing(hearing: World) -> None:
    body = {"notice_id": "N-1", "result": "delivered"}
    assert await call(hearing, body, FORGED) == 403
    assert await call(hearing, body, late=301) == 403
    assert await call(hearing, body, late=-301) == 403
    assert await call(hearing, body) == 204
    assert await call(hearing, {**body, "result": "failed"}) == 409
    assert await told(hearing) == [DELIVERED]


async def test_a_call_is_remembered_longer_than_the_account_remembers_it(hearing: World) -> None:
    hearing.clock.set(hearing.clock.now() + timedelta(minutes=1))
    assert await call(hearing, {"notice_id": "N-1", "result": "failed"}, call_id="first") == 204
    for number in range(41):
        result = ("delivered", "failed")[number % 2]
        body = {"notice_id": "N-1", "result": result}
        assert await call(hearing, body, call_id=f"c-{number}") == 204
    before = await told(hearing)
    assert before[-1] == DELIVERED
    assert await call(hearing, {"notice_id": "N-1", "result": "failed"}, call_id="first") == 204
    assert await told(hearing) == before


async def test_a_call_whose_effect_was_not_stored_is_heard_when_it_comes_again(
    hearing: World,
) -> None:
    body = {"notice_id": "N-3", "result": "delivered"}
    assert await call(hearing, body) == 404
    await hearing.request("N-3", version=1)
    await hearing.run()
    assert await call(hearing, body) == 204
    assert await told(hearing) == [DELIVERED]


async def test_what_happened_earlier_is_no_news_and_no_result_is_of_the_future(
    hearing: World,
) -> None:
    begin, later = hearing.clock.now(), hearing.clock.now() + timedelta(hours=1)
    hearing.clock.set(later)
    news = {"notice_id": "N-1", "result": "delivered", "at": "2099-01-01T00:00:00+08:00"}
    assert await call(hearing, news) == 204
    late = {"notice_id": "N-1", "result": "failed", "at": begin.isoformat()}
    assert await call(hearing, late, call_id="c2") == 204
    assert await told(hearing) == [DELIVERED]
    hearing.clock.set(later + timedelta(minutes=1))
    assert await call(hearing, {"notice_id": "N-1", "result": "returned"}, call_id="c3") == 204
    assert await told(hearing) == [DELIVERED, "notifier.notice.returned.v1"]
    assert (await hearing.published("notifier"))[-2].data.at == later


class Asked(Provider):
    """A provider that counts how often it is asked, and knows what became of messages."""

    asked: int = 0
    silent: bool = False

    def looked_up(self, reference: str) -> tuple[int, dict[str, str]]:
        self.asked += 1
        return (503, {}) if self.silent else super().looked_up(reference)


@pytest_asyncio.fixture
async def asked(open_world: Open) -> AsyncIterator[tuple[World, Asked]]:
    async with AsyncExitStack() as exits:
        provider = Asked()
        server = await exits.enter_async_context(
            await asyncio.start_server(provider.serve, "127.0.0.1", 0)
        )
        port = server.sockets[0].getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        yield await open_world(sms_url=url, sms_key_id="acme", sms_secret=SECRET), provider


async def pass_time(world: World, hours: float) -> None:
    """Let the gateways be asked every quarter of an hour."""
    end = world.clock.now() + timedelta(hours=hours)
    while world.clock.now() < end:
        world.clock.set(world.clock.now() + timedelta(minutes=15))
        await world.settle()


async def test_a_gateway_is_asked_until_it_knows(asked: tuple[World, Asked]) -> None:
    world, provider = asked
    await sent(world, "N-1", *(f"N-2{number}" for number in range(20)))
    assert provider.asked == 0
    world.clock.set(world.clock.now() + timedelta(minutes=2))
    provider.book["N-1"] |= {"status": "DELIVERED", "at": world.clock.now().isoformat()}
    provider.book["N-25"]["status"] = "undelivered"
    assert sorted(await told(world)) == [DELIVERED, FAILED]
    assert provider.asked == 21
    provider.book["N-1"]["status"] = "failed"
    await pass_time(world, 1)
    assert provider.asked == 21 + 3 * 19
    assert sorted(await told(world)) == [DELIVERED, FAILED]


async def test_questions_grow_rarer_and_end(asked: tuple[World, Asked]) -> None:
    world, provider = asked
    await sent(world, "N-1")
    await pass_time(world, 24 * 5)
    assert 0 < provider.asked <= len(ASK_AFTER)
    assert await told(world) == []


async def test_a_gateway_that_does_not_answer_is_asked_again(asked: tuple[World, Asked]) -> None:
    world, provider = asked
    await sent(world, "N-1")
    provider.silent = True
    provider.book["N-1"]["status"] = "delivered"
    await pass_time(world, 1)
    provider.silent = False
    await pass_time(world, 1)
    assert await told(world) == [DELIVERED]


async def test_what_was_sent_before_costs_no_reading(world: World) -> None:
    """Neither what is older than the window nor what has its result is looked at."""
    now, lane = world.clock.now(), world.service.lane_of("acme", "P-1")
    windows = {(lane, "sms", 0): (Place(now - ASK_AFTER[1]), now - ASK_AFTER[0])}
    async with world.service.pool.acquire() as connection:
        await connection.execute(_HISTORY, lane, now - timedelta(days=3))
        await connection.execute("analyze view_notices")
        async with connection.transaction():
            rows = zip(*((*step, *after, until) for step, (after, until) in windows.items()),
                       strict=True)  # fmt: skip
            plan = await connection.fetchval(
                f"explain (analyze, buffers, format json) {results._SENT}", *rows, 8
            )
    top = orjson.loads(plan)[0]["Plan"]
    assert top["Actual Rows"] == 0
    assert top["Shared Hit Blocks"] + top["Shared Read Blocks"] < 20


_HISTORY = """
insert into view_notices (creditor, account, notice_id, lane, requested_at, state, purpose,
  channel, policy, policy_version, sent_at)
select 'acme', 'P-' || n, 'H-' || n, $1, $2, 'sent', 'reminder', 'sms', 'mobile', 1,
  $2::timestamptz - n * interval '1 second' from generate_series(1, 20000) n"""
