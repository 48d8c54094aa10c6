"""Dunning on a real store and a real bus, its neighbours played by the test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.dunning.main import build
from tests.dunning.app.world import START, World


@pytest.fixture
async def world(database: str, tmp_path: Path) -> AsyncIterator[World]:
    async with World.open(build, database, START, tmp_path) as opened, opened.http:
        yield opened
