"""Text messages over HTTP when the notifier is killed around them: the provider takes each notice
once and can be asked, so nothing is lost and nothing is sent twice.
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
from tests.support.http_provider import Killer, served
from tests.support.sms_provider import SECRET, Provider


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[Provider]:
    async with served(Provider()) as found:
        yield found


def _settings(provider: Provider) -> dict[str, Any]:
    url = f"http://127.0.0.1:{provider.port}"
    one = {"name": "a", "kind": "http", "url": url, "key_id": "acme", "secret": SECRET}
    return {"sms_gateways": [one | {"timeout_seconds": 1}]}


@pytest.mark.parametrize(
    ("kill", "spared", "mood", "fate"),
    [
        ("before", 2, "well", "sent"),
        ("after", 1, "well", "sent"),
        ("after", 1, "hangs up", "sent"),
        ("after", 1, "silent", "sent"),
        ("before", 2, "refuses", "failed sms_422"),
    ],
)
async def test_after_a_kill_each_message_is_taken_once(
    open_world: Open,
    database: str,
    tmp_path: Path,
    provider: Provider,
    kill: str,
    spared: int,
    mood: str,
    fate: str,
) -> None:
    settings = _settings(provider)
    own = NotifierSettings(outbox=tmp_path / "outbox", **settings)
    async with World.open(build, database, START, tmp_path, own=own) as first:
        await ask_for_all(first)
    provider.mood = mood
    victim = started(database, tmp_path, START, settings)
    provider.killer = Killer(kill, spared, victim)
    await asyncio.to_thread(victim.wait)
    assert victim.returncode == -signal.SIGKILL
    await execute(database, LONG_AGO)
    world = await open_world(start=START + timedelta(minutes=3), **settings)
    await world.run(world.clock.now() + timedelta(days=1))
    assert await fates(world) == dict.fromkeys(IDS, fate)
    taken = IDS if fate == "sent" else []
    assert (sorted(provider.book), provider.texts) == (taken, len(taken))
