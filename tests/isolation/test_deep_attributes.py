"""What upstream makes up may be nested, but not too deep to be stored or read again."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.base import DEPTH_MAX, TOO_DEEP
from contracts.billing import AccountUpserted
from contracts.codec import decode
from contracts.errors import MalformedMessage
from services.ledger.main import build
from tests.ledger.conftest import START, World

ACCOUNT = {"account_id": "P-1"}
INVOICE = {
    "account_id": "P-1",
    "invoice_id": "INV-1",
    "item": "fee",
    "amount": 1,
    "currency": "CNY",
    "issued_on": "2026-01-01",
}
KINDS: list[tuple[str, dict[str, Any]]] = [
    ("billing.account.upserted.v1", ACCOUNT),
    ("billing.invoice.issued.v1", INVOICE),
]


@pytest.fixture
async def world(database: str, tmp_path: Path) -> AsyncIterator[World]:
    async with World.open(build, database, START, tmp_path) as opened:
        yield opened


def nested(depth: int, *, lists: bool) -> dict[str, Any]:
    """An object so many deep."""
    inner: Any = "x"
    for number in range(depth - 1):
        inner = [1, inner] if lists and number % 2 == 0 else {"a": inner, "b": {}}
    return {"deep": inner}


def event(kind: str, data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "e-1",
        "source": "tests",
        "type": kind,
        "subject": "P-1",
        "time": "2026-01-01T02:00:00Z",
        "creditor": "acme",
        "data": data,
    }


@pytest.mark.parametrize("lists", [True, False])
@pytest.mark.parametrize(("kind", "data"), KINDS)
def test_attributes_nested_too_deep_are_refused_by_name(
    kind: str, data: dict[str, Any], lists: bool
) -> None:
    for depth in (DEPTH_MAX + 1, 300, 900):
        made_up = nested(depth, lists=lists)
        with pytest.raises(MalformedMessage) as refused:
            decode(json.dumps(event(kind, data | {"attributes": made_up})).encode())
        assert (refused.value.where, refused.value.reason) == ("data.attributes", TOO_DEEP)


@pytest.mark.parametrize(("kind", "data"), KINDS)
def test_attributes_nested_as_deep_as_may_be_are_taken(kind: str, data: dict[str, Any]) -> None:
    made_up = nested(DEPTH_MAX, lists=True)
    message = decode(json.dumps(event(kind, data | {"attributes": made_up})).encode())
    assert message.data.attributes == made_up


def test_nobody_can_say_what_nobody_takes() -> None:
    with pytest.raises(ValidationError, match=TOO_DEEP):
        AccountUpserted(account_id="P-1", attributes=nested(DEPTH_MAX + 1, lists=False))


async def test_the_door_refuses_deep_attributes_and_takes_what_stands_beside_them(
    world: World,
) -> None:
    kind, data = KINDS[0]
    deep = event(kind, data | {"attributes": nested(500, lists=True)})
    async with world.client("upstream") as client:
        batch = json.dumps([deep, event(kind, data) | {"id": "e-2"}])
        kind_of_body = {"content-type": "application/cloudevents-batch+json"}
        answer = await client.post("/v1/events", content=batch, headers=kind_of_body)
    assert answer.status_code == 202
    told = [(one["status"], one.get("problem")) for one in answer.json()["events"]]
    assert told == [("rejected", f"data.attributes: {TOO_DEEP}"), ("accepted", None)]
