"""One world with the four services on each bus; every test begins with it empty."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from arrears.scenario.worlds import open_scenario_world
from arrears.world import World
from chassis.settings import Settings
from tests.support.producer import Producer


@pytest.fixture(
    scope="session", params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)]
)
def settings(request: pytest.FixtureRequest) -> Settings:
    if request.param == "embedded":
        return Settings()
    bootstrap = request.getfixturevalue("kafka_bootstrap")
    return Settings(bus="kafka", kafka_bootstrap=bootstrap)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(settings: Settings) -> AsyncIterator[World]:
    async with open_scenario_world(settings, settings.bus) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def kafka_writer(world: World) -> Producer:
    """Somebody who can write to the topics, in an empty world with two creditors."""
    producer = Producer(world)
    await producer.begin("lender", "other")
    return producer


def pytest_itemcollected(item: pytest.Item) -> None:
    """The world lives as long as the session, so its tests run on the session's loop."""
    if "world" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
