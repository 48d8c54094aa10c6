"""One world per bus for all scenarios: each empties it before it begins."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from arrears.scenario.worlds import open_scenario_world
from arrears.world import World
from chassis.settings import Settings


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def embedded_world() -> AsyncIterator[World]:
    async with open_scenario_world(Settings(), "embedded") as world:
        yield world


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def kafka_world(kafka_bootstrap: str) -> AsyncIterator[World]:
    async with open_scenario_world(Settings(kafka_bootstrap=kafka_bootstrap), "kafka") as world:
        yield world


def pytest_itemcollected(item: pytest.Item) -> None:
    """The worlds live as long as the session, so their tests run on the session's loop."""
    if {"embedded_world", "kafka_world"} & set(getattr(item, "fixturenames", ())):
        item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
