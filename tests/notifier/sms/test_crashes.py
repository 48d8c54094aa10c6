"""Text messages when the notifier is killed, or a centre refuses, is silent or hangs up: what is in
the centre's own book is compared with what the notifier says.
"""

import asyncio
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zlib import crc32

import pytest

from services.notifier.main import build
from services.notifier.settings import NotifierSettings
from tests.notifier.conftest import Open
from tests.notifier.mailing import started
from tests.notifier.sms.test_receipts import ANY_HOUR, listed, unbind
from tests.notifier.world import World
from tests.support.databases import execute
from tests.support.debtor_world import START
from tests.support.smpp_servers import Centre, centre

IDS = [f"N-{number}" for number in range(1, 6)]
LONG_AGO = "update notifier.members set seen_at = seen_at - interval '2 hours'"


@pytest.fixture
def scripted(tmp_path: Path) -> Iterator[Centre]:
    folder = tmp_path / "centre"
    folder.mkdir()
    with centre(folder) as running:
        yield running


async def ask_for_all(world: World, channel: str = "sms") -> None:
    """Notices of several cases: of one case nobody is called twice a day."""
    await world.terms(contact=ANY_HOUR)
    await world.debtor()
    version = await world.owes(830000)
    for one in IDS:
        await world.request(one, version=version, channel=channel, case_id=f"C-{one}")


async def fates(world: World) -> dict[str, str]:
    async with world.client("manager") as client:
        rows = (await client.get("/v1/notices")).json()["items"]
    return {row["notice_id"]: f"{row['state']} {row['reason']}".strip() for row in rows}


def _taken(scripted: Centre) -> set[str]:
    """What the centre has whole, by its own book; no part of it is there twice."""
    named = {crc32(one.encode()) % 256: one for one in IDS}
    found: dict[str, list[int]] = {}
    parts = 0
    for one in scripted.book():
        number, parts, at = bytes.fromhex(one["header"][-6:])
        found.setdefault(named[number], []).append(at)
    assert all(len({*one}) == len(one) for one in found.values()), found
    return {one for one, several in found.items() if len(several) == parts}


@pytest.mark.parametrize(
    ("when", "spared", "conduct"),
    [
        ("before", 3, ""),
        ("within", 0, ""),
        ("after", 6, ""),
        ("before", 2, "refuse"),
        ("before", 3, "silent"),
        ("within", 2, "take and be silent"),
    ],
)
async def test_after_a_kill_no_message_is_lost_unsaid_and_none_is_sent_twice(
    open_world: Open,
    database: str,
    tmp_path: Path,
    scripted: Centre,
    when: str,
    spared: int,
    conduct: str,
) -> None:
    settings = listed(scripted.port)
    own = NotifierSettings(outbox=tmp_path / "outbox", **settings)
    scripted.plan(conduct="drop")  # nothing leaves before there is somebody to kill
    async with World.open(build, database, START, tmp_path, own=own) as first:
        await ask_for_all(first)
        await unbind(first)
    victim = started(database, tmp_path, START, settings)
    scripted.plan(conduct=conduct, kill=when, spared=spared, victim=victim.pid)
    await asyncio.to_thread(victim.wait)
    assert victim.returncode == -signal.SIGKILL
    scripted.plan(conduct=conduct)
    await execute(database, LONG_AGO)
    world = await open_world(start=START + timedelta(minutes=3), **settings)
    await world.run(world.clock.now() + timedelta(days=1))
    await unbind(world)
    said, taken = await fates(world), _taken(scripted)
    sent = {one for one, fate in said.items() if fate == "sent"}
    listed_ones = {one for one, fate in said.items() if fate == "failed unknown"}
    refused = {one for one, fate in said.items() if fate == "failed smpp_0xb"}
    assert sent | listed_ones | refused == set(IDS), said
    assert sent <= taken <= sent | listed_ones
    assert listed_ones, "the kill left something in doubt"


@pytest.mark.parametrize(
    ("conduct", "fate", "taken"),
    [
        ("refuse", "failed smpp_0xb", 0),
        ("drop", "failed unknown", 0),
        ("take and drop", "failed unknown", None),
        ("silent", "failed unknown", 0),
        ("take and be silent", "failed unknown", 5),
        ("", "sent", 5),
    ],
)
async def test_what_a_centre_does_is_what_is_said_of_a_message(
    open_world: Open, scripted: Centre, conduct: str, fate: str, taken: int | None
) -> None:
    world = await open_world(**listed(scripted.port))
    scripted.plan(conduct=conduct)
    await ask_for_all(world)
    await world.run()
    scripted.plan()
    await world.run(world.clock.now() + timedelta(days=1))
    await unbind(world)
    said = await fates(world)
    assert set(said) == set(IDS)
    assert taken is None or len(_taken(scripted)) == taken
    if taken is None:  # it hangs up on one, and whoever had sent nothing by then is sent later
        assert {*said.values()} <= {fate, "sent"}
        assert {one for one, told in said.items() if told == "sent"} <= _taken(scripted)
    else:
        assert said == dict.fromkeys(IDS, fate)


async def test_a_centre_that_throttles_gets_each_message_once_later(
    open_world: Open, scripted: Centre
) -> None:
    world = await open_world(**listed(scripted.port))
    scripted.plan(conduct="throttle")
    await ask_for_all(world)
    await world.run()
    assert scripted.book() == []
    scripted.plan()
    await world.run(world.clock.now() + timedelta(hours=3))
    await unbind(world)
    assert await fates(world) == dict.fromkeys(IDS, "sent")
    assert _taken(scripted) == set(IDS)
