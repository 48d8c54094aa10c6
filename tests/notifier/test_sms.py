"""Text messages against a small provider over real HTTP, which fails in the ways providers do."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import httpx
import pytest
import pytest_asyncio

from services.notifier.adapters.gateway import Parcel
from services.notifier.adapters.sms import SmsGateway
from tests.support.sms_provider import SECRET, Provider

NOW = datetime(2026, 3, 10, 1, tzinfo=UTC)
PARCEL = Parcel(
    notice_id="N-1",
    creditor="acme",
    account="P-1",
    channel="sms",
    day=date(2026, 3, 10),
    to="+8613800138000",
    name="张三丰",
    subject="",
    body="您欠费人民币 8,300.00 元",
)


@dataclass
class Running:
    provider: Provider
    gateway: SmsGateway


@pytest_asyncio.fixture
async def sms() -> AsyncIterator[Running]:
    provider = Provider()
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with httpx.AsyncClient(timeout=0.5, trust_env=False) as client:
        yield Running(provider, _gateway(client, port))
    server.close()
    await server.wait_closed()


def _gateway(client: httpx.AsyncClient, port: int) -> SmsGateway:
    return SmsGateway(
        client, url=f"http://127.0.0.1:{port}/", key_id="acme", secret=SECRET, now=lambda: NOW
    )


async def test_a_text_is_taken_with_the_notice_as_its_key(sms: Running) -> None:
    result = await sms.gateway.send(PARCEL)
    assert (result.outcome, result.reference) == ("accepted", "msg-N-1")
    assert sms.provider.keys == ["N-1"]
    assert sms.provider.forged == 0


async def test_sending_twice_reaches_the_debtor_once(sms: Running) -> None:
    await sms.gateway.send(PARCEL)
    again = await sms.gateway.send(PARCEL)
    assert (again.outcome, again.reference) == ("accepted", "msg-N-1")
    assert sms.provider.texts == 1


@pytest.mark.parametrize(
    ("mood", "outcome", "reason"),
    [
        ("refuses", "refused", "sms_422"),
        ("busy", "unavailable", "sms_503"),
        ("broken", "unknown", "sms_500"),
        ("silent", "unknown", "sms.ReadTimeout"),
        ("hangs up", "unknown", "sms.RemoteProtocolError"),
    ],
)
async def test_what_may_have_been_taken_is_unknown(
    sms: Running, mood: str, outcome: str, reason: str
) -> None:
    sms.provider.mood = mood
    result = await sms.gateway.send(PARCEL)
    assert (result.outcome, result.reason) == (outcome, reason)


@pytest.mark.parametrize("mood", ["silent", "hangs up"])
async def test_after_a_time_out_the_provider_is_asked_and_knows(sms: Running, mood: str) -> None:
    sms.provider.mood = mood
    await sms.gateway.send(PARCEL)
    found = await sms.gateway.find(PARCEL)
    assert (found.finding, found.reference) == ("sent", "msg-N-1")


async def test_what_the_provider_never_saw_was_not_sent(sms: Running) -> None:
    assert (await sms.gateway.find(PARCEL)).finding == "not_sent"


async def test_a_provider_in_trouble_leaves_the_question_open(sms: Running) -> None:
    sms.provider.mood = "broken"
    assert (await sms.gateway.find(PARCEL)).finding == "unclear"


async def test_a_provider_that_is_not_there_took_nothing() -> None:
    server = await asyncio.start_server(Provider().serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    async with httpx.AsyncClient(timeout=0.5, trust_env=False) as client:
        gateway = _gateway(client, port)
        assert (await gateway.send(PARCEL)).outcome == "unavailable"
        assert (await gateway.find(PARCEL)).finding == "unclear"
