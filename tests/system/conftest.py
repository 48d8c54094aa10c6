"""The four services in one simulated world on each bus, and all they log while they work."""

import io
import logging
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog

from arrears.scenario.worlds import open_scenario_world
from arrears.world import World
from chassis.logging import configure
from chassis.settings import Settings


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def settings(request: pytest.FixtureRequest) -> Settings:
    if request.param == "embedded":
        return Settings()
    bootstrap = request.getfixturevalue("kafka_bootstrap")
    return Settings(bus="kafka", kafka_bootstrap=bootstrap)


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    async with open_scenario_world(settings, settings.bus) as opened:
        yield opened


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged, as it would stand in the log file."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    lines = io.StringIO()
    configure("system", "debug", lines)
    yield lines
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level
