"""Calls when the notifier is killed around them, and the dialler accepts, refuses, is silent or
hangs up: what it has in its own log is compared with what the notifier says.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from services.notifier.main import build
from services.notifier.settings import NotifierSettings
from tests.notifier.conftest import Open
from tests.notifier.mailing import started
from tests.notifier.sms.test_crashes import IDS, LONG_AGO, ask_for_all, fates
from tests.notifier.world import World
from tests.support.databases import execute
from tests.support.debtor_world import START
from tests.support.dialler import SECRET, Dialler
from tests.support.http_provider import Killer, served


@pytest_asyncio.fixture
async def dialler() -> AsyncIterator[Dialler]:
    async with served(Dialler()) as found:
        yield found


def _settings(dialler: Dialler) -> dict[str, Any]:
    return {
        "voice_url": f"http://127.0.0.1:{dialler.port}",
        "voice_secret": SECRET,
        "voice_timeout_seconds": 1,
    }


@pytest.mark.parametrize(
    ("kill", "spared", "mood", "fate"),
    [
        ("before", 2, "well", "sent"),
        ("after", 1, "well", "sent"),
        ("after", 1, "hangs up", "sent"),
        ("after", 1, "silent", "sent"),
        ("before", 2, "refuses", "failed voice_422"),
    ],
)
async def test_after_a_kill_each_call_is_made_once(
    open_world: Open,
    database: str,
    tmp_path: Path,
    dialler: Dialler,
    kill: str,
    spared: int,
    mood: str,
    fate: str,
) -> None:
    settings = _settings(dialler)
    own = NotifierSettings(outbox=tmp_path / "outbox", **settings)
    async with World.open(build, database, START, tmp_path, own=own) as first:
        await ask_for_all(first, "voice")
    dialler.mood = mood
    victim = started(database, tmp_path, START, settings)
    dialler.killer = Killer(kill, spared, victim)
    await asyncio.to_thread(victim.wait)
    assert victim.returncode == -signal.SIGKILL
    await execute(database, LONG_AGO)
    world = await open_world(start=START + timedelta(minutes=3), **settings)
    await world.run(world.clock.now() + timedelta(days=1))
    assert await fates(world) == dict.fromkeys(IDS, fate)
    assert sorted(dialler.log) == (IDS if fate == "sent" else [])
