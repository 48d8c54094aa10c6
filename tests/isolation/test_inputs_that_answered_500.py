"""Whatever is sent to whichever route, it is refused with its place, and no answer is a 500."""

import base64
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio

from arrears.billing import cloud_event
from arrears.world import World, one_lane, open_world
from chassis.http import ROLES
from chassis.http.dev_keys import mint_token
from chassis.settings import SERVICES, ServiceName, Settings

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONTROLS = ("\0", "a\x1bb")
DAYS = ("0", "0001-01-01", "9999-12-31", "9" * 5000)
VALUES = (*CONTROLS, *DAYS, "99999999999999999999", str(2**63), "\ufffd")
"""`DAYS` are refused where a day is wanted."""
INSTANTS = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "infinity", "2026-01-01")
PARTS: tuple[Any, ...] = (
    "a\0b",
    "\ud83d",
    2**63,
    -(2**63) - 1,
    10**400,
    1.5,
    None,
    True,
    [],
    {},
    *DAYS,
    *INSTANTS,
)
LENGTHS_OF_KEYS = range(1, 6)
NO_CURSORS = ("", "!", "\u00e9", "AA==", "e30", "W10", "bnVsbA")
BODIES = {
    "bytes that are no text": (b'{"by": "\xff"}', {400}),
    "a NUL": (rb'{"by": "a\u0000b"}', {422}),
    "a delete": (b'{"by": ["a\x7fb"]}', {422}),
    "half a pair": (rb'{"by": "\ud83d"}', {422}),
    "no number": (b'{"by": NaN}', {422}),
    "no end": (b"[" * 30_000, {400, 422}),
    "cut off": (b'{"by": ', {422}),
}
RAW_BODIES = {"/v1/events", "/v1/callbacks/{channel}"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with open_world(one_lane(Settings()), tmp_path_factory.mktemp("world")) as opened:
        yield opened


@asynccontextmanager
async def client_of(world: World, name: ServiceName) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(world.stack.services[name].app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        yield client


@pytest.fixture
def token(world: World) -> dict[str, str]:
    minted = mint_token(world.stack.settings.data_dir, sorted(ROLES), ("1",))
    return {"Authorization": f"Bearer {minted}"}


def operations(app: Any) -> Iterator[tuple[str, str, list[tuple[str, str, str | None]]]]:
    """Method, path and parameters (where, name, format) of every operation."""
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            found = [
                (one["in"], one["name"], one["schema"].get("format"))
                for one in operation.get("parameters", ())
                if one["in"] in {"path", "query"}
            ]
            yield method.upper(), path, found


def filled(path: str, **values: str) -> str:
    def value(match: re.Match[str]) -> str:
        return values.get(match[1], "2026-03-01" if match[1] == "day" else "1")

    return re.sub(r"\{(\w+)\}", value, path)


async def test_a_nul_a_huge_number_or_a_day_of_year_1_in_a_path_or_query_is_refused_by_name(
    world: World, token: dict[str, str]
) -> None:
    for name in SERVICES:
        async with client_of(world, name) as client:
            for method, path, parameters in operations(world.stack.services[name].app):
                for where, parameter, kind in parameters:
                    for value in VALUES:
                        quoted = httpx.QueryParams({parameter: value})
                        inside = filled(path, **{parameter: str(quoted).partition("=")[2]})
                        url = inside if where == "path" else f"{filled(path)}?{quoted}"
                        answer = await client.request(method, url, headers=token)
                        at = (name, method, url, answer.text)
                        assert answer.status_code != 500, at
                        if value in CONTROLS or (kind == "date" and value in DAYS):
                            assert answer.status_code == 422, at
                            named = {one["field"] for one in answer.json()["errors"]}
                            assert parameter in named, at


async def test_a_body_that_is_no_json_or_has_characters_of_no_text_is_refused(
    world: World, token: dict[str, str]
) -> None:
    headers = {**token, "Content-Type": "application/json"}
    for name in SERVICES:
        async with client_of(world, name) as client:
            for path, methods in world.stack.services[name].app.openapi()["paths"].items():
                for method, operation in methods.items():
                    body = operation.get("requestBody", {}).get("content", {})
                    if "application/json" not in body or path in RAW_BODIES:
                        continue
                    for kind, (content, statuses) in BODIES.items():
                        url = filled(path)
                        answer = await client.request(
                            method.upper(), url, content=content, headers=headers
                        )
                        assert answer.status_code in statuses, (name, url, kind, answer.text)
                        problem = answer.json()
                        assert problem["errors"][0]["in"] == "body", (url, kind, problem)
                        assert "syntax" not in problem["detail"]


def cursors() -> Iterator[str]:
    yield from NO_CURSORS
    for part in PARTS:
        for length in LENGTHS_OF_KEYS:
            key = [part, *["x"] * (length - 1)]
            yield base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


async def test_a_cursor_that_was_never_handed_out_is_refused_or_leads_to_no_crash(
    world: World, token: dict[str, str]
) -> None:
    tried, refused = 0, 0
    for name in SERVICES:
        async with client_of(world, name) as client:
            for method, path, parameters in operations(world.stack.services[name].app):
                if not any(parameter == "cursor" for _, parameter, _ in parameters):
                    continue
                for cursor in cursors():
                    answer = await client.request(
                        method, filled(path), params={"cursor": cursor}, headers=token
                    )
                    assert answer.status_code < 500, (name, path, cursor, answer.text)
                    tried, refused = tried + 1, refused + (answer.status_code == 422)
    assert refused > tried / 2


LONG = "2026-01-01T00:00:00." + "1" * 5000 + "Z"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("due_on", "0001-01-01"),
        ("due_on", "9999-12-31"),
        ("issued_on", "1" * 5000),
        ("amount", 10**400),
        ("time", "0001-01-01T00:00:00+14:00"),
        ("time", "1" * 5000),
        ("time", LONG),
        ("id", "a\0b"),
        ("id", "\ud83d"),
    ],
)
async def test_an_event_with_a_day_of_year_1_or_an_instant_of_5000_digits_is_refused_by_name(
    world: World, token: dict[str, str], field: str, value: Any
) -> None:
    data = {
        "account_id": "A-1", "invoice_id": "I-1", "item": "fee", "amount": 1, "currency": "CNY",
        "issued_on": "2026-01-01", "due_on": "2026-01-31",
    }  # fmt: skip
    event = cloud_event(
        "invoice.issued.v1", creditor="1", account="A-1", id="e-1", source="tests",
        at=datetime(2026, 1, 1, tzinfo=UTC), data=data,
    )  # fmt: skip
    (event if field in event else event["data"])[field] = value
    headers = {**token, "Content-Type": "application/cloudevents+json"}
    async with client_of(world, "ledger") as client:
        answer = await client.post("/v1/events", content=json.dumps(event), headers=headers)
    assert answer.status_code == 422, answer.text
    assert answer.json()["events"][0]["problem"].split(":")[0].split(".")[-1] == field
