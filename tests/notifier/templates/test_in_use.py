"""A creditor's own text is used once a second person approved it, and the notice says which."""

from pathlib import Path
from typing import Any

import httpx

from services.notifier.domain.events import NoticeAttempted
from tests.notifier.conftest import Open
from tests.notifier.world import World
from tests.support.service_world import ACCOUNT, CREDITOR, PARTITIONS

PATH = "/v1/templates"
FIRST = "第一版：{{ name }}，账户{{ account }}欠费{{ total }}。"
SECOND = "第二版：{{ name }}，账户{{ account }}欠费{{ total }}。"


def draft(text: str, **changes: Any) -> dict[str, Any]:
    return {"language": "zh", "name": "reminder", "group": "sms", "text": text} | changes


async def propose(world: World, text: str, who: str = "ann", **changes: Any) -> httpx.Response:
    async with world.client("finance", who=who) as client:
        return await client.post(PATH, json=draft(text, **changes))


async def decide(
    world: World, version: int, outcome: str = "approved", who: str = "bob", **params: str
) -> httpx.Response:
    path = f"{PATH}/zh/reminder/sms/{version}/decision"
    async with world.client("manager", who=who) as client:
        return await client.post(path, json={"outcome": outcome}, params=params)


async def sent(world: World, notice_id: str) -> dict[str, Any]:
    """The notice as it went out, asked for now."""
    version = await world.owes(830000)
    await world.request(notice_id, version=version)
    await world.run()
    async with world.client("collector") as client:
        shown: dict[str, Any] = (await client.get(f"/v1/notices/{notice_id}")).json()
    return shown


async def test_a_text_is_used_after_a_second_person_approved_it(world: World) -> None:
    await world.debtor()
    saved = await propose(world, FIRST)
    assert (saved.status_code, saved.json()["standing"]) == (201, "draft")
    before = await sent(world, "N-1")
    assert before["template"] == ""
    assert "第一版" not in before["text"]

    own = await decide(world, 1, who="ann")
    assert own.status_code == 409
    assert "second person" in own.json()["detail"]
    approved = await decide(world, 1)
    assert (approved.json()["standing"], approved.json()["decided_by"]) == ("in_force", "bob")
    after = await sent(world, "N-2")
    assert after["template"] == "*/zh/reminder.sms@1"
    assert after["text"].startswith("第一版：张三丰")
    told = [one.data.template for one in await world.published("notifier")]
    assert told == [None, "*/zh/reminder.sms@1"]


async def test_retired_gives_way_to_the_version_before_and_then_to_the_built_in(
    world: World, open_world: Open
) -> None:
    await world.debtor()
    for version, text in enumerate((FIRST, SECOND), start=1):
        await propose(world, text)
        assert (await decide(world, version)).status_code == 200
    assert (await sent(world, "N-1"))["template"].endswith("@2")
    # a process that starts anew knows the same
    later = await open_world()
    later.ids, later.ledger = world.ids, world.ledger
    assert (await sent(later, "N-2"))["text"].startswith("第二版")
    assert (await decide(later, 2, "retired")).json()["standing"] == "retired"
    assert (await sent(later, "N-3"))["text"].startswith("第一版")
    await decide(later, 1, "retired")
    built_in = await sent(later, "N-4")
    assert built_in["template"] == ""
    # what was sent stays what it was, also when views are made anew
    await later.service.rebuild(lambda *_: None)
    async with later.client("collector") as client:
        shown = (await client.get("/v1/notices/N-1")).json()
        listed = (await client.get(PATH)).json()["items"]
        old = (await client.get(f"{PATH}/zh/reminder/sms/2")).json()
    assert (shown["template"][-2:], shown["text"][:3]) == ("@2", "第二版")
    assert [one["standing"] for one in listed] == ["retired", "retired"]
    assert old["text"] == SECOND
    events = await later.service.events(f"account-{CREDITOR}/{ACCOUNT}")
    written = [one.event.template for one in events if isinstance(one.event, NoticeAttempted)]
    assert [one[-2:] for one in written] == ["@2", "@2", "@1", ""]


async def test_a_policys_own_text_comes_before_that_for_all(world: World) -> None:
    await world.debtor()
    await propose(world, FIRST)
    await decide(world, 1)
    await propose(world, SECOND, policy="county-hospital")
    await decide(world, 1, policy="county-hospital")
    shown = await sent(world, "N-1")
    assert shown["template"] == "county-hospital/zh/reminder.sms@1"


async def test_every_lane_has_it_and_an_operators_file_comes_after_it(
    open_world: Open, tmp_path: Path
) -> None:
    folder = tmp_path / "texts" / "county-hospital" / "zh"
    folder.mkdir(parents=True)
    (folder / "reminder.sms.j2").write_text("营业厅：{{ name }}欠费{{ total }}")
    world = await open_world(templates=tmp_path / "texts")
    await world.terms()
    accounts = [f"L-{number}" for number in range(8)]
    assert len({world.service.lane_of(CREDITOR, one) for one in accounts}) == PARTITIONS

    async def texts(round_: str) -> set[str]:
        for account in accounts:
            version = await world.owes(830000, account=account)
            await world.request(f"{round_}-{account}", account=account, version=version)
        await world.run()
        async with world.client("collector") as client:
            shown = [await client.get(f"/v1/notices/{round_}-{one}") for one in accounts]
        return {one.json()["text"][:3] for one in shown}

    for account in accounts:
        await world.debtor(account)
    assert await texts("A") == {"营业厅"}
    await propose(world, FIRST)
    await decide(world, 1)
    assert await texts("B") == {"第一版"}


async def test_a_refused_text_and_a_second_decision_change_nothing(world: World) -> None:
    await propose(world, FIRST)
    assert (await decide(world, 1, "refused")).json()["standing"] == "refused"
    again = await decide(world, 1)
    assert again.status_code == 409
    assert (await decide(world, 2)).status_code == 404
    async with world.client("finance", who="cat") as client:
        path = f"{PATH}/zh/reminder/sms/1/decision"
        assert (await client.post(path, json={"outcome": "retired"})).status_code == 403


async def test_the_difference_to_the_text_in_force_is_shown(world: World) -> None:
    await propose(world, FIRST)
    await decide(world, 1)
    await propose(world, SECOND)
    assert (await propose(world, FIRST)).status_code == 409  # it is in force already
    async with world.client("auditor") as client:
        shown = (await client.get(f"{PATH}/zh/reminder/sms/2")).json()
    lines = shown["difference"].splitlines()
    assert f"-{FIRST}" in lines
    assert f"+{SECOND}" in lines
