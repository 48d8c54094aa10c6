"""The OpenAPI documents name every operation, who may call it and what it answers."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from arrears.world import World, one_lane, open_world
from chassis.settings import SERVICES, ServiceName, Settings
from contracts.registry import MODELS
from services.ledger.api.events_document import Told

PROBLEM = "application/problem+json"
OPEN = ("/livez", "/readyz", "/v1/unsubscribe/{token}", "/v1/public/{creditor}/list")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(one_lane(Settings()), tmp_path) as opened:
        yield opened


class Operation(NamedTuple):
    service: ServiceName
    method: str
    path: str
    told: dict[str, Any]


def operations(world: World) -> Iterator[Operation]:
    for name in SERVICES:
        for path, methods in world.stack.services[name].app.openapi()["paths"].items():
            for method, told in methods.items():
                yield Operation(name, method.upper(), path, told)


async def test_every_operation_says_who_may_call_it_and_what_it_answers(world: World) -> None:
    names: dict[str, list[str]] = {}
    for service, method, path, told in operations(world):
        where = (service, method, path)
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", told["operationId"]), where
        names.setdefault(service, []).append(told["operationId"])
        assert told["summary"], where
        wanted: list[Any] = [] if path in OPEN else [{"token": []}]
        assert told["security"] == ([{"signature": []}] if "callbacks" in path else wanted), where
        if method in {"POST", "PUT"} and path not in WITHOUT_BODY:
            assert told["requestBody"]["content"], where
        for status, answer in told["responses"].items():
            content = answer.get("content", {})
            assert content or status == "204", (where, status)
            assert (set(content) == {PROBLEM}) == (status >= "4"), (where, status)
            assert all(each.get("schema") for each in content.values()), (where, status)
    for found in names.values():
        assert len(found) == len(set(found))


WITHOUT_BODY = {
    "/v1/accounts/{account_id}/erasure",
    "/v1/accounts/{account}/opt-outs/{channel}",
}


async def test_there_is_one_problem_and_no_reference_leads_nowhere(world: World) -> None:
    for name in SERVICES:
        made = world.stack.services[name].app.openapi()
        schemas = made["components"]["schemas"]
        assert "HTTPValidationError" not in json.dumps(made)
        assert made["servers"][0]["variables"]["port"]["default"] == str(Settings().port(name))
        for ref in re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(made)):
            assert ref in schemas, (name, ref)
        assert set(schemas["Problem"]["required"]) == {"type", "title", "status", "detail"}


def test_an_event_may_be_whatever_upstream_tells() -> None:
    told = {model.__name__ for model in Told.__args__}
    assert told == {model.__name__ for model in MODELS.values() if model.TOPIC == "billing"}
