"""Whatever is sent to whichever route, it is refused with its place, and no answer is a 500."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from arrears.world import World, one_lane, open_world
from chassis.http import ROLES
from chassis.http.dev_keys import mint_token
from chassis.settings import SERVICES, Settings

VALUES = ("\0", "a\x1bb", "99999999999999999999", "0", "\ufffd")
CONTROLS = VALUES[:2]
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


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(one_lane(Settings()), tmp_path) as opened:
        yield opened


@pytest.fixture
def token(world: World) -> dict[str, str]:
    minted = mint_token(world.stack.settings.data_dir, sorted(ROLES), ("*",))
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


async def test_parameters_with_anything_in_them_are_refused_by_name(
    world: World, token: dict[str, str]
) -> None:
    for name in SERVICES:
        transport = httpx.ASGITransport(world.stack.services[name].app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            for method, path, parameters in operations(transport.app):
                for where, parameter, kind in parameters:
                    for value in VALUES:
                        quoted = httpx.QueryParams({parameter: value})
                        inside = filled(path, **{parameter: str(quoted).partition("=")[2]})
                        url = inside if where == "path" else f"{filled(path)}?{quoted}"
                        answer = await client.request(method, url, headers=token)
                        at = (name, method, url, answer.text)
                        assert answer.status_code != 500, at
                        if value in CONTROLS or (kind == "date" and value == "0"):
                            assert answer.status_code == 422, at
                            assert answer.json()["errors"][0]["field"] == parameter, at


async def test_bodies_with_anything_in_them_are_refused(
    world: World, token: dict[str, str]
) -> None:
    headers = {**token, "Content-Type": "application/json"}
    for name in SERVICES:
        transport = httpx.ASGITransport(world.stack.services[name].app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            document: Any = transport.app
            for path, methods in document.openapi()["paths"].items():
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
