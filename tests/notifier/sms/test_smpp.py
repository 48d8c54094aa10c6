"""Text messages to a message centre."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from smpp34 import Client, Server, SubmitSmEvent

from services.notifier.adapters.smpp import SmppGateway
from services.notifier.adapters.smpp_link import Link
from services.notifier.main import dispatcher
from services.notifier.settings import NotifierSettings
from tests.notifier.test_mail import PARCEL
from tests.support.processes import free_ports

TEXT = "欠" * 66 + "😀" + "款" * 70


@asynccontextmanager
async def centre(answer: Callable[[SubmitSmEvent], None]) -> AsyncIterator[SmppGateway]:
    (port,) = free_ports(1)
    server = Server("127.0.0.1", port)
    await server.start()

    async def serve() -> None:
        while True:
            event = await server.next()
            if isinstance(event, SubmitSmEvent):
                answer(event)

    serving = asyncio.create_task(serve())
    listed = {"name": "a", "kind": "smpp", "url": f"smpp://127.0.0.1:{port}", "key_id": "arrears"}
    listed |= {"secret": "secret", "source": "10690000"}
    own = NotifierSettings.model_validate({"sms_gateways": [listed]})
    gateway = dispatcher(own, lambda: datetime.now(UTC)).ways["sms"][0].gateway
    assert isinstance(gateway, SmppGateway)
    try:
        yield gateway
    finally:
        serving.cancel()
        await gateway.link.stop()
        await server.stop()


async def test_a_long_text_goes_in_parts_cut_between_characters() -> None:
    taken: list[SubmitSmEvent] = []

    def accept(event: SubmitSmEvent) -> None:
        taken.append(event)
        event.accept(f"m{event.short_message[5]}")

    async with centre(accept) as gateway:
        result = await gateway.send(replace(PARCEL, to="+8613800138000", body=TEXT))
    assert (result.outcome, result.parts) == ("accepted", ("m1", "m2", "m3"))
    taken.sort(key=lambda one: one.short_message[5])
    assert [one.short_message[:3] + one.short_message[4:6] for one in taken] == [
        bytes((5, 0, 3, 3, at)) for at in (1, 2, 3)
    ]
    assert "".join(one.short_message[6:].decode("utf-16-be") for one in taken) == TEXT
    assert max(len(one.short_message) for one in taken) <= 140


async def test_what_the_centre_says_is_told() -> None:
    statuses = [0x58, 0x0B]
    async with centre(lambda event: event.reject(statuses.pop(0))) as gateway:
        results = [await gateway.send(replace(PARCEL, to="+8613800138000")) for _ in range(2)]
    assert [one.outcome for one in results] == ["unavailable", "refused"]


async def test_a_centre_that_is_not_there_takes_nothing() -> None:
    (port,) = free_ports(1)
    now, tries = datetime.now(UTC), 0

    def make() -> Client:
        nonlocal tries
        tries += 1
        return Client("127.0.0.1", port, "a", "b", connect_timeout_ms=2000)

    gateway = SmppGateway(Link(make, lambda: now), "1")
    for _ in range(2):  # the second one comes too early
        assert (await gateway.send(PARCEL)).outcome == "unavailable"
    assert tries == 1
    now += timedelta(seconds=1)
    assert (await gateway.send(PARCEL)).outcome == "unavailable"
    assert tries == 2


def test_a_text_costs_the_parts_that_it_is_sent_in() -> None:
    one: dict[str, Any] = {"name": "a", "url": "smpp://127.0.0.1", "key_id": "a", "secret": "b"}
    one |= {"price_per_part": 5, "kind": "smpp"}
    other = one | {"name": "b", "kind": "http", "url": "http://127.0.0.1", "secret": "b" * 32}
    own = NotifierSettings.model_validate({"sms_gateways": [one, other]})
    now = datetime.now(UTC)
    caps = [way.cap for way in dispatcher(own, lambda: now).ways["sms"]]
    amounts = [cap.charge("é" * 100, now).amount for cap in caps if cap]
    assert amounts == [10, 5]  # in seven bits it would be one
