"""The OpenAPI documents say what the services really do: every status, every type of content."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from arrears.world import World, one_lane, open_world
from chassis.http.dev_keys import mint_token
from chassis.settings import SERVICES, ServiceName, Settings
from contracts.registry import MODELS
from services.ledger.api.events_document import Told

PROBLEM = "application/problem+json"
OPEN = ("/healthz", "/readyz", "/metrics")


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
    "/v1/dead-letters/{letter_id}/retry",
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


async def test_a_document_that_lacks_a_status_is_noticed(world: World) -> None:
    operation = next(one for one in operations(world) if one.path == "/v1/cases/{case_id}")
    request = httpx.Request("GET", "http://x/v1/cases/1")
    answer = httpx.Response(404, headers={"content-type": PROBLEM}, request=request)
    assert _undocumented(operation, answer) == []
    del operation.told["responses"]["404"]
    assert _undocumented(operation, answer) != []


def test_an_event_may_be_whatever_upstream_tells() -> None:
    told = {model.__name__ for model in Told.__args__}
    assert told == {model.__name__ for model in MODELS.values() if model.TOPIC == "billing"}


BODIES: tuple[tuple[str, bytes], ...] = (
    ("application/json", b"{}"),
    ("application/json", b"[]"),
    ("application/json", b"\xff"),
    ("application/json", b'{"a":'),
    ("application/json", b"[" * 100_000),
    ("application/json", b'{"amount": 1e400, "note": "\\u0000"}'),
    ("application/xml", b"<a/>"),
    ("application/cloudevents+json", b"{}"),
    ("application/cloudevents-batch+json", b"[{}]"),
    ("application/json", b" " * (2**20 + 1)),
)
PLACES = ("a b", "x" * 400, "2026-01-01", "9" * 20)
QUERIES = ("", "?as_of=0&day=x", "?cursor=!", "?creditor=other", "?creditor=%00&account=%00")


async def test_no_request_is_answered_in_a_way_the_document_does_not_have(world: World) -> None:
    await _set_up(world)
    undocumented: list[str] = []
    for name in SERVICES:
        app = world.stack.services[name].app
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            for operation in (one for one in operations(world) if one.service == name):
                async for answer in _walked(client, world, operation):
                    undocumented += _undocumented(operation, answer)
    assert not undocumented, "\n".join(undocumented)


async def _walked(
    client: httpx.AsyncClient, world: World, operation: Operation
) -> AsyncIterator[httpx.Response]:
    def path(place: str) -> str:
        return re.sub(r"\{\w+\}", place, operation.path)

    def headers(*creditors: str, roles: tuple[str, ...] = ("admin",)) -> dict[str, str]:
        token = mint_token(world.settings.data_dir, roles, creditors, "walker")
        return {"Authorization": f"Bearer {token}"}

    yield await client.request(operation.method, path("acme"))
    yield await client.request(operation.method, path("acme"), headers=headers("acme", roles=()))
    for place in PLACES:
        yield await client.request(operation.method, path(place), headers=headers("*"))
    for query in QUERIES:
        yield await client.request(operation.method, path("acme") + query, headers=headers("acme"))
    if operation.method in {"POST", "PUT"}:
        for kind, body in BODIES:
            given = {**headers("acme"), "Content-Type": kind}
            yield await client.request(operation.method, path("acme"), headers=given, content=body)
        given = {**headers("acme"), "Idempotency-Key": "x" * 200}
        yield await client.request(operation.method, path("acme"), headers=given)


def _undocumented(operation: Operation, answer: httpx.Response) -> list[str]:
    where = f"{operation.service} {operation.method} {answer.request.url}"
    if answer.status_code == 500:
        return [f"{where}: {answer.status_code}"]
    known = operation.told["responses"].get(str(answer.status_code))
    if known is None:
        return [f"{where}: {answer.status_code} is not documented: {answer.text[:200]}"]
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if kind not in known.get("content", {"": None}):
        return [f"{where}: {answer.status_code} has content of {kind}"]
    return []


async def _set_up(world: World) -> None:
    body = {"name": "A", "time_zone": "Asia/Shanghai", "currency": "CNY", "policy": "mobile"}
    await world.apis.call("dunning", "PUT", "/v1/creditors/acme", json=body)
