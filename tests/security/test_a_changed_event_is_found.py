"""Whoever writes in the database changes, deletes or moves events: `arrears verify` names them."""
# ruff: noqa: S608 - statements of ours

from collections.abc import AsyncIterator, Callable
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from chassis.settings import Settings
from chassis.store import comparing
from chassis.store.chaining import Chaining
from chassis.store.packing import unpacked
from services.ledger.domain.aggregates import AGGREGATES
from services.ledger.main import build
from tests.ledger.conftest import START, World
from tests.support.verified import damage

STREAM = "account-acme/1"
OF_STREAM = f"stream = '{STREAM}'"
LAST = f"{OF_STREAM} and version = 5"


class Auditor:
    """Runs the verification, with a file of its own."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.place = folder / "auditor" / "place.json"
        self.told: list[str] = []
        self.settings = Settings(data_dir=folder, ledger_database_url=world.dsn)

    async def link(self) -> None:
        """What an instance does when nobody waits."""
        chaining = Chaining(self.world.service.pool, lambda: 0.0)
        for lane in range(self.world.settings.partitions):
            await chaining.link(lane)

    async def verify(
        self, told: Callable[[str], None] | None = None, *, anew: bool = False
    ) -> list[str]:
        """All that is wrong."""
        heard = told or self.told.append
        return await damage(self.settings, ["ledger"], self.place, heard, anew=anew)

    async def run(self, *deeds: str) -> list[Any]:
        """As a superuser, whom no trigger stops."""
        settings = {"search_path": "ledger", "session_replication_role": "replica"}
        connection = await asyncpg.connect(self.world.dsn, server_settings=settings)
        try:
            return [await connection.fetchval(deed) for deed in deeds]
        finally:
            await connection.close()

    async def position(self, version: int) -> int:
        """Where an event of the stream is."""
        where = f"where {OF_STREAM} and version = {version}"
        (found,) = await self.run(f"select position from events {where}")
        assert isinstance(found, int)
        return found


@pytest.fixture
async def auditor(database: str, tmp_path: Path) -> AsyncIterator[Auditor]:
    async with World.open(build, database, START, tmp_path) as world:
        await world.terms()
        for number in range(4):
            await world.invoice(f"i-{number}", 100 + number, date(2026, 2, 1))
        auditor = Auditor(world, tmp_path)
        await auditor.link()
        assert await auditor.verify() == []
        assert any(", first linked 2" in one for one in auditor.told)
        await world.invoice("i-9", 900, date(2026, 2, 1))  # has no link yet
        yield auditor


@pytest.mark.parametrize(
    "change",
    [
        "data = data || '\\x20'",
        "at = at + interval '1 microsecond'",
        "at = 'infinity'",
        "type = 'ItemCancelled'",
        "cause = 'another'",
        "lane = 1 - lane",
    ],
)
async def test_a_changed_event_is_named(auditor: Auditor, change: str) -> None:
    at = await auditor.position(2)
    await auditor.run(f"update events set {change} where position = {at}")
    said = "\n".join(await auditor.verify())
    if change.startswith("lane"):
        assert "1 events behind position" in said
    else:
        assert f"stream {STREAM}, position {at}: changed since it was linked" in said


@pytest.mark.parametrize("is_linked_later", [False, True])
async def test_an_event_changed_before_it_had_a_link_is_named_by_its_stream(
    auditor: Auditor, is_linked_later: bool
) -> None:
    (data,) = await auditor.run(f"select data from events where {OF_STREAM} and version = 5")
    less = unpacked(data).replace(b"900", b"901").hex()
    await auditor.run(
        f"update events set data = '\\x{less}'::bytea where {OF_STREAM} and version = 5"
    )
    if is_linked_later:
        await auditor.link()
    (said,) = await auditor.verify()
    assert said.startswith(f"ledger: stream {STREAM}: its state at version 5 is not what its")


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        (f"update events set type = 'ItemCancelled' where {LAST}", "event 5 does not go on behind"),
        (f"update events set stream = 'account-acme/7' where {LAST}", "event 5 is gone"),
        (f"update state set data = data || '\\x01' where {OF_STREAM}", "state at version 5 is not"),
        (f"delete from state where {OF_STREAM}", "it has events and no state"),
    ],
)
async def test_what_else_was_changed_before_there_was_a_link_is_named(
    auditor: Auditor, deed: str, said: str
) -> None:
    await auditor.run(deed)
    found = await auditor.verify()
    assert any(one.startswith(f"ledger: stream {STREAM}") and said in one for one in found), found


async def test_a_deleted_event_is_named_by_its_stream(auditor: Auditor) -> None:
    await auditor.run(f"delete from events where {OF_STREAM} and version = 2")
    said = await auditor.verify()
    assert f"ledger: stream {STREAM}: its event 2 is gone" in said
    assert any("1 events behind position" in one for one in said)


async def test_the_last_event_is_missed_before_it_has_a_link(auditor: Auditor) -> None:
    await auditor.run(f"delete from events where {OF_STREAM} and version = 5")
    assert await auditor.verify() == [f"ledger: stream {STREAM}: its event 5 is gone"]


async def test_streams_are_compared_some_at_a_time(auditor: Auditor) -> None:
    service = auditor.world.service
    kinds = {one.name: one for one in AGGREGATES}
    seen: list[str] = []
    async with service.pool.acquire() as connection:
        async for found in comparing.streams(connection, kinds, "", at_once=1):
            assert found.damage == []
            seen.append(found.last)
        assert seen == [
            row["stream"]
            for row in await connection.fetch("select stream from state order by stream")
        ]
        (rest,) = [one async for one in comparing.streams(connection, kinds, seen[-2])]
    assert rest.streams == 1


async def test_two_events_that_changed_places_are_named(auditor: Auditor) -> None:
    one, other = await auditor.position(1), await auditor.position(2)
    where = f"where a.position in ({one}, {other}) and b.position in ({one}, {other})"
    await auditor.run(
        f"update events a set data = b.data from events b {where} and a.position <> b.position"
    )
    said = await auditor.verify()
    for at in (one, other):
        assert f"stream {STREAM}, position {at}: changed" in "\n".join(said)


async def test_an_event_that_was_put_in_is_named(auditor: Auditor) -> None:
    await auditor.run(
        "update events set position = position - 1 where version = 1",  # makes room
        "insert into events (lane, position, stream, version, type, at, data) select lane, "
        f"position + 1, stream, 99, type, at, data from events where {OF_STREAM} and version = 1",
    )
    said = "\n".join(await auditor.verify())
    assert "added since it was linked" in said or "changed since it was linked" in said
    assert "events behind 5" in said


async def test_a_store_that_was_emptied_is_missed_by_who_saw_it(auditor: Auditor) -> None:
    await auditor.run("truncate events, event_chain, state")
    (said, *_) = await auditor.verify()
    assert "seen before, is gone" in said


async def test_a_chain_that_was_made_again_is_missed_by_who_saw_it(auditor: Auditor) -> None:
    await auditor.run(
        f"update events set data = data || '\\x20' where {OF_STREAM} and version = 2",
        "truncate event_chain",
    )
    await auditor.link()
    for _ in range(2):  # it is not forgotten for having been told
        (said,) = await auditor.verify()
        assert "seen before, is another one" in said
    assert await auditor.verify(anew=True) == []


async def test_what_was_seen_is_not_forgotten_for_a_word_in_the_database(
    auditor: Auditor,
) -> None:
    await auditor.run(
        f"update events set data = data || '\\x20' where {OF_STREAM} and version = 2",
        "truncate event_chain",
        "insert into epochs values (1, 'fake')",
        "update lanes set elsewhere = 'x', elsewhere_at = 'x/y'",
    )
    await auditor.link()
    for _ in range(2):
        found = "\n".join(await auditor.verify())
        assert "it is another store than was verified before" in found
        assert "seen before, went to x/y" in found
        assert "it has events, and is not here" in found
    await auditor.run("truncate epochs", "update lanes set elsewhere = null, elsewhere_at = null")
    assert "seen before, is another one" in "\n".join(await auditor.verify())


async def test_an_event_of_no_lane_is_named(auditor: Auditor) -> None:
    await auditor.run(
        "insert into events (lane, position, stream, version, type, at, data) select 99, 99, "
        f"'account-acme/7', version, type, 'infinity', data from events where {OF_STREAM} limit 1"
    )
    assert await auditor.verify() == [
        "ledger: lane 99: it has events, and is not here",
        "ledger: stream account-acme/7: it has events and no state",
    ]


async def test_a_verification_that_was_cut_off_goes_on_where_it_was(auditor: Auditor) -> None:
    at = await auditor.position(2)
    await auditor.run(f"update events set data = '{{}}' where position = {at}")

    def stop(said: str) -> None:
        if "access records" in said:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await auditor.verify(stop)
    assert any(f"position {at}: changed" in one for one in await auditor.verify())
    assert any("from link 2 on, 0 events compared" in one for one in auditor.told)


async def test_what_is_written_is_linked_at_the_next_look_at_most_every_ten_seconds(
    auditor: Auditor,
) -> None:
    round_, now = auditor.world.service.round, 0.0
    await round_.leases.refresh()
    chaining = Chaining(auditor.world.service.pool, lambda: now)

    async def at(seconds: float) -> int:
        nonlocal now
        now = seconds
        await round_.look()
        return await chaining.run(round_.signals.written)

    assert await at(5.0) > 0
    await auditor.world.invoice("i-10", 900, date(2026, 2, 1))
    assert [await at(seconds) for seconds in (10.0, 15.0, 20.0)] == [0, 1, 0]
    await auditor.world.invoice("i-11", 900, date(2026, 2, 1))
    assert [await at(seconds) for seconds in (25.0, 30.0)] == [1, 0]
    assert await auditor.verify() == []


class Told(Chaining):
    """Keeps what the store was asked."""

    async def link(self, *lanes: int) -> int:
        self.asked = [*getattr(self, "asked", []), lanes]
        return await super().link(*lanes)


async def test_lanes_that_are_always_written_to_are_linked_together(auditor: Auditor) -> None:
    now = 0.0
    chaining = Told(auditor.world.service.pool, lambda: now)
    for number in range(40):
        now = 5.0 * number
        await chaining.run({0: number + 1, 1: number + 1})
    assert chaining.asked == [(0, 1)] * 20


async def test_what_is_written_has_its_link_when_its_instance_ends(auditor: Auditor) -> None:
    await auditor.world.service.start()
    await auditor.world.service.leave()
    await auditor.run(f"update events set at = at + interval '1 second' where {LAST}")
    (said,) = await auditor.verify()
    assert "changed since it was linked" in said


async def test_what_is_written_after_an_update_goes_on_with_the_chain(auditor: Auditor) -> None:
    await auditor.link()
    await auditor.link()
    assert await auditor.verify() == []
    numbers = await auditor.run("select array_agg(number order by number) from event_chain")
    assert numbers[0].count(2) == 1
