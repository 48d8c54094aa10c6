"""What holds for each route of the four APIs, whoever asks: nothing a caller adds to a request
changes what it means.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import structlog

from arrears.world import one_lane, open_world
from chassis.http.dev_keys import mint_token
from chassis.settings import SERVICES, ServiceName, Settings
from tests.security.test_roles import FITTING, MINE

FORGED = {
    "Origin": "https://evil.example",
    "X-Forwarded-For": "10.66.66.66",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "http",
    "Forwarded": "for=10.66.66.66;host=evil.example",
    "X-HTTP-Method-Override": "DELETE",
    "X-Original-URL": "/v1/dead-letters",
}
WHOLE = {"ledger": ("/v1/events", "/v1/events/batch")}
"""Bodies that are messages: they may have members nobody knows, as contracts grow."""
NOT_JSON = ("/v1/callbacks/", "/v1/unsubscribe/", "/v1/posting-lists")
IDS_AND_DAYS = frozenset(
    {
        "account", "account_id", "after", "as_of", "by", "case_id", "channel", "creditor", "cursor",
        "day", "department", "document", "document_id", "format", "from", "group", "guarantor",
        "inventory", "kind", "known", "language", "letter_id", "limit", "name", "notice_id",
        "number", "payment", "policy", "proposal_id", "purpose", "reason", "receipt", "sort",
        "stage", "state", "status", "step", "subject", "task_id", "term", "to", "token", "version",
    }
)  # fmt: skip
NAMES = {
    ("dunning", "/v1/cases", "number"),
    ("dunning", "/v1/cases", "owner"),
    ("dunning", "/v1/creditors/{creditor}/collectors/{name}", "name"),
    ("dunning", "/v1/tasks", "owner"),
    ("ledger", "/v1/creditors/{creditor}/numbers", "number"),
    ("ledger", "/v1/creditors/{creditor}/receipts", "collected_by"),
}
"""Where people of the creditor are named, and accounts by what their debtors call them."""


class Route(NamedTuple):
    """One operation, with its description in the API's document."""

    service: ServiceName
    method: str
    path: str
    told: dict[str, Any]


class Asked:
    """The four APIs of an empty stack, asked by somebody who may do everything for a creditor."""

    def __init__(self, folder: Path, clients: dict[ServiceName, httpx.AsyncClient]) -> None:
        self._token = mint_token(folder, ["admin", "sre"], [MINE], "ann")
        self._clients = clients
        self.documents: dict[ServiceName, dict[str, Any]] = {}

    def routes(self) -> Iterator[Route]:
        for service, document in self.documents.items():
            for path, methods in document["paths"].items():
                for method, told in methods.items():
                    yield Route(service, method.upper(), path, told)

    async def ask(
        self, route: Route, method: str | None = None, query: str = "", **more: Any
    ) -> httpx.Response:
        path = re.sub(r"\{(\w+)\}", lambda found: FITTING.get(found[1], MINE), route.path)
        headers = {"Authorization": f"Bearer {self._token}", **more.pop("headers", {})}
        client = self._clients[route.service]
        return await client.request(
            method or route.method, f"{path}?creditor={MINE}{query}", headers=headers, **more
        )


@pytest.fixture
async def asked(tmp_path: Path) -> AsyncIterator[Asked]:
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(open_world(one_lane(Settings()), tmp_path))
        clients: dict[ServiceName, httpx.AsyncClient] = {}
        for name in SERVICES:
            app = world.stack.services[name].app
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            client = httpx.AsyncClient(transport=transport, base_url="http://x")
            clients[name] = await stack.enter_async_context(client)
        asked = Asked(world.stack.settings.data_dir, clients)
        for name in SERVICES:
            asked.documents[name] = world.stack.services[name].app.openapi()
        yield asked


async def test_a_request_says_nothing_by_its_proxys_headers_nor_by_other_methods(
    asked: Asked,
) -> None:
    """No answer differs for a header that a caller can forge; no site elsewhere may read one."""
    wrong: list[tuple[Any, ...]] = []
    for route in asked.routes():
        plain, forged = await asked.ask(route), await asked.ask(route, headers=FORGED)
        said = (forged.status_code, forged.headers.get("location"))
        if said != (plain.status_code, plain.headers.get("location")):
            wrong.append((*route[:3], said))
        wrong += [
            (*route[:3], name)
            for name in forged.headers
            if name.startswith("access-control-") or "evil" in forged.headers[name]
        ]
        for method in ("TRACE", "CONNECT", "FOO"):
            status = (await asked.ask(route, method)).status_code
            if status != 405:
                wrong.append((*route[:2], route.path, method, status))
    assert wrong == []


async def test_every_answer_says_what_it_is(asked: Asked) -> None:
    """An answer that is JSON says so, a refusal is a problem document, and text names its
    characters.
    """
    wrong = []
    for route in asked.routes():
        answer = await asked.ask(route)
        kind = answer.headers.get("content-type", "")
        refused = answer.status_code >= 400
        fits = "application/problem+json" if refused else "application/json"
        declared = list(route.told["responses"].get(str(answer.status_code), {}).get("content", {}))
        if not kind.startswith((fits, *declared)) or ("text/" in kind and "charset" not in kind):
            wrong.append((*route[:3], answer.status_code, kind))
    assert wrong == []


async def test_a_parameter_given_twice_opens_no_other_creditor(asked: Asked) -> None:
    """Whichever of two is taken, it is the one that the token was looked at for."""
    wrong = []
    for route in asked.routes():
        names = {one["name"] for one in route.told.get("parameters", ()) if one["in"] == "query"}
        if "creditor" in names and route.path != "/v1/dead-letters":
            status = (await asked.ask(route, query="&creditor=2")).status_code
            if status not in {403, 422}:
                wrong.append((*route[:3], status))
    assert wrong == []


def bodies(document: dict[str, Any], told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schemas of the objects that a route takes, and of those within."""
    seen: set[str] = set()
    nodes: list[Any] = [told.get("requestBody", {})]
    while nodes:
        node = nodes.pop()
        if isinstance(node, list):
            nodes += node
        elif isinstance(node, dict):
            name = node.get("$ref", "").split("/")[-1]
            if name and name not in seen:
                seen.add(name)
                nodes.append(document["components"]["schemas"][name])
            if isinstance(node.get("properties"), dict):
                yield node
            nodes += node.values()


async def test_no_body_has_room_for_what_nobody_reads(asked: Asked) -> None:
    """A field that is not known is refused, so that nobody sets one that only the code knows."""
    wrong = []
    for route in asked.routes():
        if route.path in WHOLE.get(route.service, ()) or route.path.startswith(NOT_JSON):
            continue
        wrong += [
            (*route[:3], schema.get("title"))
            for schema in bodies(asked.documents[route.service], route.told)
            if schema.get("additionalProperties") is not False
        ]
    assert wrong == []


async def test_no_other_parameter_is_somebodys_name_or_address(asked: Asked) -> None:
    """What stands in a path or a query is kept by proxies and browsers: ids and days, but for
    `NAMES`.
    """
    found = {
        (route.service, route.path, parameter["name"])
        for route in asked.routes()
        for parameter in route.told.get("parameters", ())
        if parameter["in"] in {"path", "query"}
    }
    assert found >= NAMES
    assert {one for one in found - NAMES if one[2] not in IDS_AND_DAYS} == set()


async def test_what_was_coded_twice_is_decoded_once(asked: Asked) -> None:
    """`%2531` is the text `%31`, which is no creditor of the token, and not the creditor 1."""
    wrong = []
    for route in asked.routes():
        if "{creditor}" in route.path:
            path = route.path.replace("{creditor}", "%2531")
            status = (await asked.ask(route._replace(path=path))).status_code
            if status not in {403, 422}:
                wrong.append((*route[:2], path, status))
    assert wrong == []


async def test_no_caller_says_whom_the_services_ask(asked: Asked) -> None:
    """Hosts come from the settings alone: nothing that a request says is an address to call."""
    found = {
        (route.path, name)
        for route in asked.routes()
        for name in _named(asked.documents[route.service], route.told)
        if re.search(r"ur[li]|host|endpoint|address_of|domain|server", name)
    }
    assert found == set()


def _named(document: dict[str, Any], told: dict[str, Any]) -> set[str]:
    """Names of the parameters of a route, and of the members of its body."""
    inside = {name for one in bodies(document, told) for name in one["properties"]}
    return inside | {one["name"] for one in told.get("parameters", ())}


async def test_who_is_refused_stands_in_the_log_with_the_reason(asked: Asked) -> None:
    routes = {route.path: route for route in asked.routes()}
    route = routes["/v1/accounts/{account}/case"]
    with structlog.testing.capture_logs() as lines:
        await asked.ask(route, headers={"Authorization": "Bearer nonsense"})
        await asked.ask(route._replace(path="/v1/creditors/{name}/policy"))
    first, second = (line for line in lines if "reason" in line)
    assert first["event"] == "sign_in_refused"
    assert "not a JWT" in first["reason"]
    assert second["event"] == "access_refused"
    assert second["caller"].startswith("ann of ")
    assert "does not cover creditor demand" in second["reason"]
    assert "nonsense" not in json.dumps(lines, default=str)
