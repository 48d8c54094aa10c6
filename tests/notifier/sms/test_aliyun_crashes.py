"""Text messages over Alibaba Cloud when the notifier is killed around them, or it refuses, is
silent or hangs up: it drops no repeats but lists what it took, so each is in its book once.
"""

import asyncio
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.notifier.main import build
from services.notifier.settings import NotifierSettings
from tests.notifier.conftest import Open
from tests.notifier.mailing import started
from tests.notifier.sms.test_crashes import IDS, LONG_AGO, ask_for_all, fates
from tests.notifier.world import World
from tests.support.aliyun import Cloud, cloud
from tests.support.databases import execute
from tests.support.debtor_world import START
from tests.support.http_provider import Killer

TEMPLATES = [{"sign_name": "城市供热", "code": "SMS_1", "params": {"amount": "total"}}]


def _settings(running: Cloud) -> dict[str, Any]:
    return {"sms_gateways": [running.settings("a", TEMPLATES)]}


async def _later(world: World, **time: float) -> dict[str, str]:
    """What is said of the notices when some time has passed, in one leap."""
    world.clock.set(world.clock.now() + timedelta(**time))
    await world.run()
    return await fates(world)


@pytest.mark.parametrize(
    ("kill", "spared", "mood"),
    [
        ("before", 2, "well"),
        ("after", 1, "well"),
        ("after", 1, "hangs up"),
        ("after", 1, "silent"),
        ("before", 2, "deaf"),
        ("before", 2, "refuses"),
    ],
)
async def test_after_a_kill_each_message_is_in_the_book_once(
    open_world: Open, database: str, tmp_path: Path, kill: str, spared: int, mood: str
) -> None:
    async with cloud() as running:
        settings = _settings(running)
        own = NotifierSettings(outbox=tmp_path / "outbox", **settings)
        async with World.open(build, database, START, tmp_path, own=own) as first:
            await ask_for_all(first)
        running.mood = mood
        victim = started(database, tmp_path, START, settings)
        running.killer = Killer(kill, spared, victim)
        await asyncio.to_thread(victim.wait)
        assert victim.returncode == -signal.SIGKILL
        await execute(database, LONG_AGO)
        before, running.lags = running.taken(), True
        world = await open_world(start=START + timedelta(minutes=3), **settings)
        await world.run()
        said = await _later(world, minutes=2)
        in_doubt = [one for one in IDS if said[one] == "unknown lookup"]
        assert in_doubt, "the kill left something in doubt"
        assert not [one for one in in_doubt if running.taken().count(one) > before.count(one)]
        running.lags = False
        if mood == "deaf":
            running.mood = "well"
        said = await _later(world, minutes=11)
        assert {one for one, fate in said.items() if fate == "sent"} == {*running.taken()}
        await _later(world, days=2)
        said = await _later(world, minutes=2)
        if mood in ("hangs up", "silent"):
            said = await _later(world, minutes=11)
        refused = dict.fromkeys(IDS, "failed aliyun_isv.MOBILE_NUMBER_ILLEGAL")
        assert said == (refused if mood == "refuses" else dict.fromkeys(IDS, "sent"))
        assert running.taken() == ([] if mood == "refuses" else IDS)
        assert running.forged == 0


@pytest.mark.parametrize(
    ("mood", "at_once", "in_the_end"),
    [
        ("well", "sent", "sent"),
        ("refuses", "failed aliyun_isv.MOBILE_NUMBER_ILLEGAL", ""),
        ("busy", "waiting retry", "sent"),
        ("hangs up", "sent", "sent"),
        ("silent", "sent", "sent"),
        ("deaf", "unknown lookup", "sent"),
    ],
)
async def test_what_it_does_is_what_is_said_of_a_message(
    open_world: Open, mood: str, at_once: str, in_the_end: str
) -> None:
    async with cloud() as running:
        world = await open_world(**_settings(running))
        running.mood = mood
        await ask_for_all(world)
        await world.run()
        assert await fates(world) == dict.fromkeys(IDS, at_once)
        running.mood = "well"
        await _later(world, days=2)
        said = await _later(world, minutes=2)
        assert said == dict.fromkeys(IDS, in_the_end or at_once)
        assert running.taken() == (IDS if in_the_end else [])
