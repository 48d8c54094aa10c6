"""All routes of the API at once."""

import re
from pathlib import Path

from services.dunning.api.roles import ROLES_OF
from tests.dunning.app.world import World

OPEN = {"/livez", "/readyz"}


async def _operations(world: World) -> list[tuple[str, str]]:
    paths = world.service.app.openapi()["paths"]
    return [
        (method.upper(), re.sub(r"\{\w+\}", "x", path))
        for path, methods in paths.items()
        if path not in OPEN
        for method in methods
    ]


async def test_no_route_answers_without_a_token(world: World) -> None:
    operations = await _operations(world)
    assert len(operations) > 20
    for method, path in operations:
        answer = await world.http.request(method, path, json={})
        assert answer.status_code == 401, (method, path)


async def test_no_route_answers_a_token_without_roles(world: World) -> None:
    headers = world.headers(creditors=["x"])
    for method, path in await _operations(world):
        answer = await world.http.request(method, path, json={}, headers=headers)
        # A body is looked at before the role only to say that it does not fit.
        assert answer.status_code in {403, 422}, (method, path)


async def test_upstream_may_tell_and_not_read(world: World) -> None:
    told = {action for action, roles in ROLES_OF.items() if "upstream" in roles}
    assert told == {"record_observation", "record_contact"}
    for path in ("/v1/cases", "/v1/tasks", "/v1/decisions", "/v1/accounts/P-1"):
        assert (await world.get(path, "upstream")).status_code == 403


async def test_a_ready_service_says_so_and_counts(world: World) -> None:
    await world.settle()
    ready = await world.http.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    assert b"arrears_http_requests_total" in world.service.metrics.render()


def test_the_documented_roles_are_the_ones_in_force() -> None:
    page = (Path(__file__).parents[3] / "docs/http.md").read_text()
    text = page.split("\n## Who may do what in dunning\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([a-z_ ]+) \|$", text, re.MULTILINE)
    assert {action: set(roles.split()) for action, roles in rows} == {
        action: set(roles) for action, roles in ROLES_OF.items()
    }
