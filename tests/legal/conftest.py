"""A legal service to talk to, on a store of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from services.legal.main import build
from services.legal.settings import LegalSettings
from tests.legal.world import LegalWorld
from tests.support.debtor_world import START


@pytest_asyncio.fixture
async def world(database: str, tmp_path: Path) -> AsyncIterator[LegalWorld]:
    own = LegalSettings(documents=tmp_path / "documents")
    async with LegalWorld.open(build, database, START, tmp_path, own=own) as opened:
        await opened.terms()
        yield opened
