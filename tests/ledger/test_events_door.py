"""The door for upstreams without Kafka: what it takes, and what it answers of each event."""

from datetime import date
from typing import Any

import orjson

from tests.ledger.conftest import World

D = date


def event(number: int, **changes: Any) -> dict[str, Any]:
    """An invoice as a CloudEvent of creditor acme."""
    return {
        "specversion": "1.0",
        "id": f"e-{number}",
        "source": "upstream",
        "type": "billing.invoice.issued.v1",
        "subject": "1",
        "time": "2026-01-01T00:00:00Z",
        "creditor": "acme",
        "data": {
            "invoice_id": f"I-{number}",
            "account_id": "1",
            "item": "fee",
            "amount": 1000,
            "currency": "CNY",
            "issued_on": "2026-01-01",
            "due_on": "2026-01-10",
        },
    } | changes


async def balance_of(world: World) -> Any:
    """What the account owes, as somebody sees it who may: upstream may not."""
    async with world.client("finance") as client:
        return (await client.get("/v1/accounts/1/balance")).json()


async def test_single_event_is_taken_and_worked_on(world: World) -> None:
    await world.terms()
    async with world.client("upstream") as client:
        answer = await client.post(
            "/v1/events",
            content=orjson.dumps(event(1)),
            headers={"content-type": "application/cloudevents+json"},
        )
        await world.settle()
    balance = await balance_of(world)
    assert answer.status_code == 202
    assert answer.json() == {"events": [{"id": "e-1", "status": "accepted", "problem": None}]}
    assert balance["principal"] == 1000


async def test_batch_is_answered_event_by_event(world: World) -> None:
    await world.terms()
    batch = [
        event(1),
        event(2, data={"invoice_id": "I"}),
        event(3, creditor="other"),
        event(4, type="billing.nothing.v1"),
        event(5),
    ]
    async with world.client("upstream") as client:
        answer = await client.post(
            "/v1/events",
            content=orjson.dumps(batch),
            headers={"content-type": "application/cloudevents-batch+json"},
        )
        await world.settle()
    balance = await balance_of(world)
    results = answer.json()["events"]
    assert [result["status"] for result in results] == [
        "accepted", "rejected", "rejected", "rejected", "accepted",
    ]  # fmt: skip
    assert [result["id"] for result in results] == [f"e-{n}" for n in range(1, 6)]
    assert "does not cover other" in results[2]["problem"]
    assert balance["principal"] == 2000


async def test_the_door_names_what_it_refuses_and_later_events_go_on(world: World) -> None:
    await world.terms()
    refused = [
        event(1, id="a\0b"),
        event(2, type="billing.invoice.issued.v2"),
        event(3, data={**event(3)["data"], "change": -5}),
        event(4, data={**event(4)["data"], "issued_on": "0206-03-01"}),
    ]
    headers = {"content-type": "application/cloudevents-batch+json"}
    async with world.client("upstream", "auditor") as client:
        answer = await client.post("/v1/events", content=orjson.dumps(refused), headers=headers)
        taken = await client.post("/v1/events", content=orjson.dumps([event(5)]), headers=headers)
        await world.settle()
        balance = (await client.get("/v1/accounts/1/balance")).json()
    assert (answer.status_code, taken.status_code) == (422, 202)
    assert [one["problem"] for one in answer.json()["events"]] == [
        "id: has a control character",
        (
            "no contract describes the type 'billing.invoice.issued.v2'; "
            "known is billing.invoice.issued.v1"
        ),
        "data.change: is not part of this message and would change what it says",
        "data.issued_on: must be in the years 1970 to 2199",
    ]
    assert balance["principal"] == 1000


async def test_binary_mode_is_taken(world: World) -> None:
    await world.terms()
    single = event(1)
    data = single.pop("data")
    headers = {f"ce-{name}": value for name, value in single.items()}
    async with world.client("upstream") as client:
        answer = await client.post(
            "/v1/events",
            content=orjson.dumps(data),
            headers={"content-type": "application/json", **headers},
        )
        await world.settle()
    balance = await balance_of(world)
    assert (answer.status_code, balance["principal"]) == (202, 1000)


async def test_nothing_acceptable_is_unprocessable(world: World) -> None:
    async with world.client("upstream") as client:
        bad = await client.post(
            "/v1/events",
            content=b"{}",
            headers={"content-type": "application/cloudevents+json"},
        )
        other = await client.post(
            "/v1/events", content=b"x", headers={"content-type": "text/plain"}
        )
    assert (bad.status_code, other.status_code) == (422, 422)
    assert bad.json()["events"][0]["status"] == "rejected"


async def test_events_take_the_role_of_upstream(world: World) -> None:
    async with world.client("finance") as client:
        answer = await client.post("/v1/events", content=b"{}")
    assert answer.status_code == 403


async def test_while_too_much_waits_to_be_read_the_door_says_later(world: World) -> None:
    await world.terms()
    headers = {"content-type": "application/cloudevents+json"}
    most = world.service.settings.intake_waiting_max
    async with world.client("upstream") as client:
        world.service.signals.unread = {0: 0, 1: most + 1}
        refused = await client.post("/v1/events", content=orjson.dumps(event(1)), headers=headers)
        world.service.signals.unread = {0: 0, 1: most}
        taken = await client.post("/v1/events", content=orjson.dumps(event(1)), headers=headers)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
    assert f"{most + 1} messages" in refused.json()["detail"]
    assert taken.status_code == 202
