"""Notices that are served by hand: the letter, and behind it a slip to sign."""

import pytest

from tests.notifier.world import World
from tests.support.debian import require
from tests.support.papers import pages_of, text_of, words_of
from tests.support.service_world import ACCOUNT

SLIP = f"/v1/accounts/{ACCOUNT}/serving-slips/T-1"


@pytest.fixture(autouse=True)
def fonts() -> None:
    require("fonts-noto-cjk", "poppler-utils")


async def test_a_slip_names_document_debtor_place_and_task_and_leaves_room_to_sign(
    world: World,
) -> None:
    await world.debtor()
    await world.owes(830000)
    await world.run()
    async with world.client("property") as client:
        answer = await client.get(SLIP)
    assert answer.headers["content-type"] == "application/pdf"
    assert pages_of(answer.content) == 2
    letter, slip, _ = text_of(answer.content).split("\f")
    assert "8,300.00" in letter
    assert "送达回证" in slip
    for wanted in (
        "送达文书",
        "欠费催缴通知书",
        "张三丰",
        "T-1",
        "受送达人签名或者盖章",
        "送达人签名",
    ):
        assert wanted in slip
    assert "青山县河东路18号" in words_of(answer.content)


async def test_there_is_no_slip_for_nobody_and_for_nothing(world: World) -> None:
    async with world.client("property") as client:
        assert (await client.get(SLIP)).status_code == 404
        await world.debtor()
        await world.owes(0)
        await world.run()
        assert (await client.get(SLIP)).status_code == 409
    async with world.client("sre") as client:
        assert (await client.get(SLIP)).status_code == 403
