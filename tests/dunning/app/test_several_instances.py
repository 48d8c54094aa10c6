"""What one instance of dunning is told over HTTP is followed by the others as they run."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

import services.dunning.policies
from chassis.runtime.instance import Instance
from services.dunning.main import build
from tests.dunning.app.world import World, local
from tests.support.ledger_messages import item_state
from tests.support.service_world import CREDITOR

TEXT = Path(next(iter(services.dunning.policies.__path__))).joinpath("three-stage.yaml").read_text()
OWN = TEXT.replace("id: three-stage", "id: own-pack")


@pytest.fixture
async def worker(world: World) -> AsyncIterator[Instance]:
    """A second instance, which has all the lanes: the first one only serves the API."""
    await world.service.leases.leave()
    opened = await build(
        world.settings.model_copy(update={"instance": "second"}),
        clock=world.clock,
        bus=world.bus,
        dsn=world.dsn,
    )
    await _settle(opened)
    yield opened
    await opened.stop()


async def _settle(service: Instance) -> None:
    while await service.step():
        pass


async def _ask_the_first(world: World, method: str, path: str, who: str, body: Any) -> Any:
    headers = world.headers("manager", who=who)
    answer = await world.http.request(
        method, f"/v1/creditors/{CREDITOR}{path}", json=body, headers=headers
    )
    assert answer.is_success, answer.text
    return answer.json()


async def _set_up(world: World) -> None:
    given = {"name": "A", "time_zone": "Asia/Shanghai", "currency": "CNY", "policy": "three-stage"}
    await _ask_the_first(world, "PUT", "", "ann", given)


async def _change_the_policy(world: World) -> None:
    given = {"policy_document": OWN, "reason": "the board said so"}
    told = await _ask_the_first(world, "POST", "/policy-versions", "ann", given)
    proposal = told["happened"][0]["fields"]["proposal_id"]
    path, approved = f"/policy-versions/{proposal}/decision", {"outcome": "approved"}
    await _ask_the_first(world, "POST", path, "bob", approved)


async def _owes(world: World, account: str) -> None:
    """The ledger tells of an item that became overdue."""
    state = item_state(30_000, date(2026, 3, 8), world.today, item_id="INV-1")
    await world.publish(world.ledger.balance(account, world.today, state), account)
    await world.publish(world.ledger.fell_due(account, state), account)


async def _followed(worker: Instance, account: str) -> str:
    """The policy of the case that was opened."""
    async with asyncio.timeout(60):
        while True:
            state, _ = await worker.read(f"account-{CREDITOR}/{account}")
            if state.case is not None:
                return str(state.case.policy.policy)
            await asyncio.sleep(0.05)


async def test_a_policy_given_to_one_instance_is_followed_by_another_that_runs(
    world: World, worker: Instance
) -> None:
    await _set_up(world)
    world.clock.set(local(3, 9, 10))
    await worker.start()
    await _owes(world, "P-1")
    assert await _followed(worker, "P-1") == "three-stage"
    await _change_the_policy(world)
    await _owes(world, "P-2")
    assert await _followed(worker, "P-2") == "own-pack"


async def test_a_request_to_one_instance_knows_the_policy_given_to_another(
    world: World, worker: Instance
) -> None:
    await _set_up(world)
    state = item_state(30_000, date(2026, 3, 8), world.today, item_id="INV-1")
    await world.publish(world.ledger.balance("P-1", world.today, state), "P-1")
    await _settle(worker)
    await _change_the_policy(world)
    transport = httpx.ASGITransport(worker.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://second", headers=world.headers("manager")
    ) as second:
        path, creditor = "/v1/accounts/P-1", {"creditor": CREDITOR}
        shown = await second.get(path, params=creditor)
        assert shown.status_code == 200, shown.text
        hold = await second.post(f"{path}/hold", json={"reason": "ill"}, params=creditor)
        assert hold.status_code == 201, hold.text
        text = await second.get(f"/v1/creditors/{CREDITOR}/policy")
        assert text.json()["document"] == OWN
