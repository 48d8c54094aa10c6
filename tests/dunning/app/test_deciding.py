"""Who decides what, and completes which task."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

import services.dunning.policy as policy_package
from tests.dunning.app.world import World, local

POLICIES = Path(policy_package.__file__).parent.parent / "policies"


def shown(answer: Any) -> list[str]:
    assert answer.status_code == 201, answer.text
    return [entry["kind"] for entry in answer.json()["happened"]]


@pytest.fixture
async def asking(world: World) -> World:
    """A case whose step s3 asks the manager before it stops the service."""
    text = (POLICIES / "three-stage.yaml").read_text()
    stop = "      - restrict: {service: all_service}"
    assert stop in text
    text = text.replace(
        "when: {day: $stop_day}", "when: {day: $stop_day}\n    approval: {for: stop}"
    )
    await world.set_up(policy=None, policy_document=text)
    await world.owes(30_000, date(2026, 3, 8))
    await world.run_until(local(4, 9))
    return world


async def test_an_approval_is_given_by_the_role_it_asks_for(asking: World) -> None:
    pending = (await asking.get("/v1/decisions")).json()["items"]
    assert [(d["what"], d["purpose"], d["by_role"]) for d in pending] == [
        ("approval", "stop", "manager")
    ]
    path, decision = "/v1/accounts/P-1/decisions", {"purpose": "stop", "outcome": "approved"}
    assert (await asking.post(path, decision, "finance")).status_code == 403
    assert "restrict" in shown(await asking.post(path, decision, "manager"))
    assert (await asking.get("/v1/decisions")).json()["items"] == []


async def test_the_oldest_open_task_of_a_kind_is_completed(asking: World) -> None:
    path = "/v1/accounts/P-1/tasks/phone_call/completion"
    assert (await asking.post(path, {}, "finance")).status_code == 403
    body = {"result": "reached", "note": "promised to look into it"}
    assert shown(await asking.post(path, body, "collector", who="li"))[0] == "task_completed"
    done = [e["fields"] for e in await asking.timeline() if e["kind"] == "task_completed"]
    assert [(d["kind"], d["result"], d["by"], d["note"]["text"]) for d in done] == [
        ("phone_call", "reached", "li", "promised to look into it")
    ]
    assert (await asking.post(path, {}, "collector")).status_code == 409


async def test_a_later_result_is_recorded_by_the_owner_of_the_task(asking: World) -> None:
    path = "/v1/accounts/P-1/tasks/phone_call/completion"
    await asking.post(path, {"result": "reached"}, "collector")
    assert (await asking.post(path, {"result": "reached"}, "collector")).status_code == 409
    assert (await asking.post(path, {"result": "agreed"}, "finance")).status_code == 403
    assert shown(await asking.post(path, {"result": "agreed"}, "collector"))[0] == "task_completed"


async def test_a_policy_says_which_role_decides_an_application(world: World) -> None:
    await world.set_up("property-fees")
    await world.owes(30_000, date(2026, 3, 8))
    await world.run_until(local(3, 18))
    path = "/v1/accounts/P-1"
    await world.post(f"{path}/applications", {"purpose": "waive_late_fee"}, "collector", who="li")
    decision = {"purpose": "waive_late_fee", "outcome": "approved", "amount": 100}
    for role in ("finance", "legal", "collector"):
        refused = await world.post(f"{path}/decisions", decision, role, who="wu")
        assert refused.status_code == 403, role
    assert (await world.get("/v1/decisions")).json()["items"][0]["state"] == "pending"
    given = await world.post(f"{path}/decisions", decision, "manager", who="wu")
    assert shown(given)[0] == "application_decided"


async def test_what_a_policy_leaves_open_any_decider_decides(world: World) -> None:
    await world.set_up("property-fees")
    await world.owes(30_000, date(2026, 3, 8))
    await world.run_until(local(3, 18))
    path = "/v1/accounts/P-1"
    await world.post(f"{path}/applications", {"purpose": "relief"}, "collector", who="li")
    decision = {"purpose": "relief", "outcome": "rejected"}
    assert (await world.post(f"{path}/decisions", decision, "collector")).status_code == 403
    assert shown(await world.post(f"{path}/decisions", decision, "finance", who="wu"))
