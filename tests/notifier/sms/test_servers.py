"""Text messages to message centres that others wrote."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.notifier.adapters.smpp import SmppGateway
from services.notifier.main import dispatcher
from services.notifier.settings import NotifierSettings
from tests.notifier.test_mail import PARCEL
from tests.support.smpp_servers import PASSWORD, SYSTEM_ID, Centre, centre, simulator

CHINESE = "欠" * 66 + "😀" + "款" * 70
TO = "+8613800138000"


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    with centre(tmp_path_factory.mktemp("centre")) as running:
        yield running


@asynccontextmanager
async def bound(port: int) -> AsyncIterator[SmppGateway]:
    listed = {"name": "a", "kind": "smpp", "url": f"smpp://127.0.0.1:{port}"}
    listed |= {"key_id": SYSTEM_ID, "secret": PASSWORD, "source": "10690000"}
    own = NotifierSettings.model_validate({"sms_gateways": [listed]})
    gateway = dispatcher(own, lambda: datetime.now(UTC)).ways["sms"][0].gateway
    assert isinstance(gateway, SmppGateway)
    try:
        yield gateway
    finally:
        await gateway.link.stop()


async def test_a_long_text_reaches_a_scripted_centre_whole(scripted: Centre) -> None:
    scripted.plan()
    async with bound(scripted.port) as gateway:
        result = await gateway.send(replace(PARCEL, to=TO, body=CHINESE))
    taken = sorted(scripted.book()[-3:], key=lambda one: one["header"])
    assert (result.outcome, result.parts) == ("accepted", tuple(one["id"] for one in taken))
    assert "".join(one["text"] for one in taken) == CHINESE
    assert {(one["to"], one["coding"]) for one in taken} == {(TO[1:], 8)}


@pytest.mark.parametrize(
    ("conduct", "outcome", "taken"),
    [
        ("throttle", "unavailable", 0),
        ("refuse", "refused", 0),
        ("drop", "unknown", 0),
        ("take and drop", "unknown", 1),
    ],
)
async def test_what_a_centre_does_is_told_and_the_next_message_goes(
    scripted: Centre, conduct: str, outcome: str, taken: int
) -> None:
    before = len(scripted.book())
    async with bound(scripted.port) as gateway:
        scripted.plan(conduct=conduct)
        result = await gateway.send(replace(PARCEL, to=TO))
        assert (result.outcome, len(scripted.book()) - before) == (outcome, taken)
        scripted.plan()
        assert (await gateway.send(replace(PARCEL, to=TO))).outcome == "accepted"


async def test_a_simulator_of_another_maker_takes_a_long_text(tmp_path: Path) -> None:
    with simulator() as port:
        async with bound(port) as gateway:
            result = await gateway.send(replace(PARCEL, to=TO, body=CHINESE))
    assert (result.outcome, len({*result.parts})) == ("accepted", 3)
