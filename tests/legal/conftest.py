"""A legal service to talk to, on a store of its own."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest_asyncio

from services.legal.main import build
from services.legal.settings import LegalSettings
from tests.legal.world import LegalWorld

START = datetime(2026, 3, 10, 1, tzinfo=UTC)
"""09:00 on 10 March 2026 in Shanghai."""


@pytest_asyncio.fixture
async def world(database: str, tmp_path: Path) -> AsyncIterator[LegalWorld]:
    own = LegalSettings(documents=tmp_path / "documents")
    async with LegalWorld.open(build, database, START, tmp_path, own=own) as opened:
        await opened.terms()
        yield opened
