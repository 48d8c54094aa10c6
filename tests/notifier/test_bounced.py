"""An address that the last notice did not reach comes after the debtor's others: rule 16."""

from typing import Any

import pytest

from services.notifier.domain.commands import AttemptResult
from tests.notifier.conftest import Open
from tests.notifier.test_crashes import Provider, _with
from tests.notifier.world import World
from tests.support.service_world import ACCOUNT

OLD, NEW = "old@example.com", "new@example.com"
KNOWN: dict[str, Any] = {"emails": [f"{OLD}; {NEW}"], "phones": ["13800138000"]}


async def _next(world: World, number: int, channel: str = "email") -> str:
    """Where the next notice goes."""
    await world.request(f"N-{number}", version=await world.owes(100), channel=channel)
    await world.run()
    return await _to(world, number)


async def _to(world: World, number: int) -> str:
    async with world.client("manager") as client:
        to: str = (await client.get(f"/v1/notices/N-{number}")).json()["to"]
    return to


async def _told(world: World, result: str, notice: str | None = None) -> None:
    body = {"channel": "email", "result": result, "notice_id": notice}
    async with world.client("collector") as client:
        await client.post(f"/v1/accounts/{ACCOUNT}/deliveries", json=body)


@pytest.mark.parametrize("result", ["failed", "returned"])
async def test_the_next_notice_goes_to_the_other_address(world: World, result: str) -> None:
    await world.debtor(**KNOWN)
    assert await _next(world, 1) == OLD
    await _told(world, result)
    assert await _next(world, 2) == NEW
    assert await _next(world, 3) == NEW


async def test_a_refused_letter_reached_its_address(world: World) -> None:
    await world.debtor(**KNOWN)
    await _next(world, 1)
    await _told(world, "refused")
    assert await _next(world, 2) == OLD


async def test_the_same_addresses_told_again_change_nothing(world: World) -> None:
    await world.debtor(**KNOWN)
    await _next(world, 1)
    await _told(world, "failed")
    await world.debtor(**KNOWN, name="张三丰丰", language="zh-CN")
    assert await _next(world, 2) == NEW


async def test_new_addresses_start_anew_and_old_news_is_not_held_against_them(
    world: World,
) -> None:
    await world.debtor(**KNOWN)
    await _next(world, 1)
    await _told(world, "failed")
    assert await _next(world, 2) == NEW
    await world.debtor(**KNOWN | {"phones": ["13900139000"]})
    assert await _next(world, 3) == OLD
    await _told(world, "failed", "N-2")
    assert await _next(world, 4) == OLD


async def test_a_later_success_clears_an_address(world: World) -> None:
    await world.debtor(emails=[OLD])
    await _next(world, 1)
    await _next(world, 2)
    await _told(world, "failed", "N-2")
    await _told(world, "delivered", "N-2")
    await _told(world, "failed", "N-1")
    async with world.client("manager") as client:
        assert (await client.get("/v1/notices/N-1")).json()["state"] == "failed"
    state, _ = await world.service.read(f"account-acme/{ACCOUNT}")
    assert state.failed == ()


async def test_a_letter_that_came_back_goes_to_the_seat_next(world: World) -> None:
    await world.debtor(addresses=["河东路18号"], registered_address="北街7号")
    assert await _next(world, 1, "letter") == "河东路18号"
    body = {"channel": "letter", "result": "returned"}
    async with world.client("collector") as client:
        await client.post(f"/v1/accounts/{ACCOUNT}/deliveries", json=body)
    assert await _next(world, 2, "registered_letter") == "北街7号"


async def test_an_address_the_mail_server_refused_comes_last_but_an_outage_is_held_against_nobody(
    open_world: Open,
) -> None:
    provider = Provider()
    world = _with(await open_world(), {"email": provider})
    await world.terms()
    await world.debtor(**KNOWN)
    provider.answers = [AttemptResult("unknown", reason="smtp.SMTPServerDisconnected")]
    provider.lookup = False
    assert await _next(world, 1) == OLD
    provider.answers = [AttemptResult("refused", reason="smtp_550")]
    assert await _next(world, 2) == OLD
    assert await _next(world, 3) == NEW
