"""What a life leaves on disk is measured on lives that went as they should."""

from datetime import date

import pytest

from arrears.temporary import temporary_folder
from arrears.world import one_lane, open_world
from bench import disk
from bench.lives import CREDITOR, Life, lives, message
from bench.sizes import Place
from chassis.settings import SERVICES, Settings
from contracts.codec import decode

TODAY = date(2026, 3, 1)


def test_a_life_is_ten_valid_messages_in_order() -> None:
    told = list(Life(7, TODAY).events())
    assert len(told) == 10
    assert told == sorted(told, key=lambda event: event[0])
    for _, event in told:
        sent = message(event, 4)
        assert decode(sent.value).subject == "A0000007"
        assert sent.key == f"{CREDITOR}/A0000007".encode()


def test_lives_begin_on_each_day_of_a_month() -> None:
    begin = [life.begins_on.day for life in lives(60, TODAY, 30)]
    assert sorted(begin) == [day for day in range(1, 31) for _ in range(2)]


def test_figures_are_what_accounts_added_and_how_much_of_it_is_bloat() -> None:
    place = {name: Place(name, "events") for name in SERVICES}
    before = dict.fromkeys(place.values(), 8_000)
    after = dict.fromkeys(place.values(), 58_000) | {place["ledger"]: 108_000}
    anew = dict.fromkeys(place.values(), 58_000) | {place["ledger"]: 54_000}
    found = disk.figures(10, before, after, anew)
    assert found["bytes_per_account"] == 25_000
    assert found["disk_ledger_bytes"] == found["disk_ledger_events_bytes"] == 10_000
    assert found["disk_ledger_bloat"] == 2
    assert found["disk_legal_bloat"] == 1


async def test_lives_go_as_they_should_and_leave_something_in_every_service() -> None:
    found = await disk.measure(accounts=2, days=1, rest_days=0)
    assert min(found[f"disk_{service}_bytes"] for service in SERVICES) > 0


async def test_lives_that_went_otherwise_are_not_measured() -> None:
    with temporary_folder() as folder:
        async with open_world(one_lane(Settings()), folder) as world:
            await disk.begin(world)
            with pytest.raises(RuntimeError, match="otherwise"):
                await disk.require_lived(world, 1)
