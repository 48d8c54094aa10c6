"""All routes of the API at once."""

import re
from pathlib import Path

from services.dunning.api.roles import ROLES_OF
from tests.dunning.app.conftest import Desk

OPEN = {"/healthz", "/readyz", "/metrics"}


async def _operations(desk: Desk) -> list[tuple[str, str]]:
    answer = await desk.client.get("/openapi.json")
    assert answer.status_code == 200
    paths = answer.json()["paths"]
    return [
        (method.upper(), re.sub(r"\{\w+\}", "x", path))
        for path, methods in paths.items()
        if path not in OPEN
        for method in methods
    ]


async def test_no_route_answers_without_a_token(desk: Desk) -> None:
    operations = await _operations(desk)
    assert len(operations) > 20
    for method, path in operations:
        answer = await desk.client.request(method, path, json={})
        assert answer.status_code == 401, (method, path)


async def test_no_route_answers_a_token_without_roles(desk: Desk) -> None:
    headers = desk.headers(creditors=["x"])
    for method, path in await _operations(desk):
        answer = await desk.client.request(method, path, json={}, headers=headers)
        # A body is looked at before the role only to say that it does not fit.
        assert answer.status_code in {403, 422}, (method, path)


async def test_upstream_may_tell_and_not_read(desk: Desk) -> None:
    assert [action for action, roles in ROLES_OF.items() if "upstream" in roles] == [
        "record_observation"
    ]
    for path in ("/v1/cases", "/v1/tasks", "/v1/decisions", "/v1/accounts/P-1"):
        assert (await desk.get(path, "upstream")).status_code == 403


async def test_a_ready_service_says_so_and_counts(desk: Desk) -> None:
    await desk.settle()
    ready = await desk.client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    assert "arrears_http_requests_total" in (await desk.client.get("/metrics")).text


def test_the_documented_roles_are_the_ones_in_force() -> None:
    page = (Path(__file__).parents[3] / "docs/http.md").read_text()
    text = page.split("\n## Who may do what in dunning\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([a-z_ ]+) \|$", text, re.MULTILINE)
    assert {action: set(roles.split()) for action, roles in rows} == {
        action: set(roles) for action, roles in ROLES_OF.items()
    }
