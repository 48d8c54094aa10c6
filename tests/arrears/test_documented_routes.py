"""docs/http.md lists every route of the four services, and who may use it."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from arrears.world import World, one_lane, open_world
from chassis.http import ROLES
from chassis.http.dev_keys import mint_token
from chassis.http.middleware import PUBLIC_PREFIX
from chassis.settings import SERVICES, ServiceName, Settings
from services.dunning.api.roles import ROLES_OF

PAGE = Path(__file__).parents[2] / "docs/http.md"
EVERY = "Every service"
NO_ROLE_NEEDED = ("open", "no token")
FORBIDDEN = 403


class Route(NamedTuple):
    method: str
    path: str
    who: str

    @property
    def roles(self) -> frozenset[str] | None:
        """The roles it takes; None where it takes no token. Who sees more follows a semicolon."""
        if self.who.startswith(NO_ROLE_NEEDED):
            return None
        named = next((r for action, r in ROLES_OF.items() if f"`{action}`" == self.who), None)
        return frozenset({*(named or self.who.split(";")[0].split()), "admin"})


def documented(heading: str) -> list[Route]:
    section = PAGE.read_text().split(f"\n### {heading}\n")[1].split("\n### ")[0]
    rows = re.findall(r"^\| `([A-Z]+) (/\S*)` \| .+ \| (.+) \|$", section, re.MULTILINE)
    return [Route(*row) for row in rows]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(one_lane(Settings()), tmp_path) as opened:
        yield opened


def served(world: World, name: ServiceName) -> set[tuple[str, str]]:
    paths = world.stack.services[name].app.openapi()["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


async def test_every_route_of_every_service_is_documented_and_no_other(world: World) -> None:
    common = {(route.method, route.path) for route in documented(EVERY)}
    for name in SERVICES:
        own = {(route.method, route.path) for route in documented(name)}
        assert own | common == served(world, name), name


@pytest.mark.parametrize("name", SERVICES)
async def test_each_route_takes_the_documented_roles_alone(world: World, name: ServiceName) -> None:
    transport = httpx.ASGITransport(world.stack.services[name].app, raise_app_exceptions=False)
    wrong = []
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        for route in (*documented(name), *documented(EVERY)):
            if route.roles is None:
                continue
            path = re.sub(r"\{\w+\}", "1", route.path)
            for role in sorted(ROLES):
                token = mint_token(world.settings.data_dir, [role], ["1"], "somebody")
                headers = {"Authorization": f"Bearer {token}"}
                answer = await client.request(route.method, path, headers=headers)
                if (answer.status_code != FORBIDDEN) != (role in route.roles):
                    wrong.append((route.method, route.path, role, answer.status_code))
    assert wrong == []


async def test_a_token_of_another_creditor_reaches_no_creditors_route(world: World) -> None:
    for name in SERVICES:
        transport = httpx.ASGITransport(world.stack.services[name].app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            for route in documented(name):
                if "{creditor}" not in route.path or route.path.startswith(PUBLIC_PREFIX):
                    continue  # what is public is so for every token, and for none
                path = re.sub(r"\{\w+\}", "1", route.path)
                token = mint_token(world.settings.data_dir, ["admin"], ["2"], "somebody")
                headers = {"Authorization": f"Bearer {token}"}
                answer = await client.request(route.method, path, headers=headers)
                assert answer.status_code == FORBIDDEN, (name, route.method, route.path)
