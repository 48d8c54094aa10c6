"""Several gateways for one channel: which one is called, and what keeps it from being called."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from chassis.errors import Misconfigured
from services.notifier.adapters.breaker import Breaker
from services.notifier.adapters.bucket import Bucket
from services.notifier.adapters.spend import Cap
from services.notifier.dispatch import Dispatcher
from services.notifier.domain.charges import Charge
from services.notifier.domain.commands import AttemptResult
from services.notifier.domain.parts import number_of_parts
from services.notifier.main import dispatcher
from services.notifier.settings import NotifierSettings
from services.notifier.ways import Way
from tests.chassis.test_metrics import measured
from tests.notifier.conftest import Open
from tests.notifier.test_crashes import Killed, Provider, _prepared, _state, with_ways
from tests.notifier.world import World

NOW = datetime(2026, 3, 10, 1, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
BUSY = AttemptResult("unavailable", reason="busy")


def _way(name: str, gateway: Provider) -> Way:
    return Way(name, gateway, Breaker(5, timedelta(minutes=1)))


def _over(world: World, *ways: Way) -> World:
    """The same world with these gateways for text messages."""
    old = next(one for one in world.service.blueprint.workers if isinstance(one, Dispatcher))
    fresh = with_ways(old, {"sms": ways})
    world.service.round.workers = (partial(fresh, world.service),)
    return world


async def _row(world: World, notice: str) -> tuple[str, str, int]:
    async with world.client("manager") as client:
        row = (await client.get(f"/v1/notices/{notice}")).json()
    return row["state"], row["reason"], row["attempts"]


async def test_what_one_gateway_does_not_take_goes_to_the_next_at_once(open_world: Open) -> None:
    first, second = Provider(), Provider()
    world = _over(await open_world(), _way("a", first), _way("b", second))
    first.answers = [BUSY]
    await _prepared(world, "sms")
    await world.run()
    assert (first.taken, second.taken) == ([], ["N-1"])
    assert await _row(world, "N-1") == ("sent", "", 2)


async def test_what_a_gateway_is_not_set_up_for_goes_to_the_next_and_is_no_failure_of_it(
    open_world: Open,
) -> None:
    first, second = Provider(), Provider()
    first.answers = [AttemptResult("refused", reason="no_template", is_unset=True)] * 2
    way = _way("a", first)
    world = _over(await open_world(), way, _way("b", second))
    await _prepared(world, "sms")
    await world.run()
    assert (first.taken, second.taken) == ([], ["N-1"])
    assert way.breaker.failures == 0
    _over(world, way)
    await world.request("N-2", channel="sms")
    await world.run()
    assert (await _row(world, "N-2"))[:2] == ("failed", "no_template")


async def test_what_no_gateway_takes_is_tried_six_times_at_each(open_world: Open) -> None:
    first, second = Provider(), Provider()
    first.answers, second.answers = [BUSY] * 50, [BUSY] * 50
    world = _over(await open_world(), _way("a", first), _way("b", second))
    await _prepared(world, "sms")
    await world.run(world.clock.now() + timedelta(days=2))
    assert (len(first.answers), len(second.answers)) == (44, 44)
    assert await _row(world, "N-1") == ("failed", "busy", 12)


async def test_silence_never_leads_to_the_next_and_only_who_was_called_is_asked(
    open_world: Open,
) -> None:
    first, second = Provider(), Provider()
    world = _over(await open_world(), _way("a", first), _way("b", second))
    first.answers = [BUSY]
    second.die = "after"
    await _prepared(world, "sms")
    with pytest.raises(Killed):
        await world.run()
    second.die = None
    second.taken.append("N-1")
    await world.run(world.clock.now() + timedelta(hours=1))
    assert first.taken == []
    assert await _state(world) == "sent"


async def test_a_gateway_that_is_no_longer_set_cannot_be_asked_and_nothing_is_sent_twice(
    open_world: Open,
) -> None:
    first, second = Provider(), Provider()
    world = _over(await open_world(), _way("a", first))
    first.die = "after"
    await _prepared(world, "sms")
    with pytest.raises(Killed):
        await world.run()
    _over(world, _way("b", second))
    await world.run(world.clock.now() + timedelta(hours=1))
    assert second.taken == []
    assert await _state(world) == "failed unknown"


async def test_a_rate_holds_up_neither_the_other_gateway_nor_the_other_channel(
    open_world: Open,
) -> None:
    first, second = Provider(), Provider()
    slow = replace(_way("a", first), bucket=Bucket(rate=0.001, burst=2))
    slower = replace(_way("b", second), bucket=Bucket(rate=0.001, burst=1))
    world = _over(await open_world(), slow, slower)
    await _prepared(world, "sms")
    for number in range(2, 7):
        await world.request(f"N-{number}", channel="sms")
    await world.request("N-9", channel="letter")
    await world.run()
    assert (len(first.taken), len(second.taken)) == (2, 1)
    assert (await _row(world, "N-9"))[0] == "sent"
    assert (await _row(world, "N-6"))[0] == "ready"
    await world.run(world.clock.now() + timedelta(hours=1))
    await world.run()
    assert (len(first.taken), len(second.taken)) == (4, 2)


@pytest.mark.parametrize("number", [1, 3, 10])
def test_a_bucket_gives_no_more_than_its_rate_and_its_burst(number: int) -> None:
    bucket, now, calls = Bucket(rate=number, burst=5), NOW, 0
    while now < NOW + timedelta(seconds=60):
        until = bucket.free_at(now)
        if until is None:
            bucket.take(now)
            calls += 1
        else:
            now = until
    assert 60 * number - 1 <= calls <= 60 * number + 5


def _cap(per_day: int) -> Cap:
    return Cap("a", price=5, per_day=per_day, zone=SHANGHAI, units=lambda _text: 1)


async def test_what_a_day_may_cost_stops_one_gateway_until_its_next_day(open_world: Open) -> None:
    provider = Provider()

    def ways() -> Sequence[Way]:
        return [replace(_way("a", provider), cap=_cap(12))]

    world = _over(await open_world(), *ways())
    await _prepared(world, "sms")
    await world.request("N-2")
    await world.run()
    # as after a restart, or in another instance: only the store knows what was spent
    _over(world, *ways())
    await world.request("N-3")
    with capture_logs() as logs:
        await world.run()
        await world.run()
    assert provider.taken == ["N-1", "N-2"]
    assert await _row(world, "N-3") == ("waiting", "spend", 0)
    (said,) = [one for one in logs if one["event"] == "gateway_spend_reached"]
    assert "spend_per_day" in said["todo"]
    assert measured(world.service, "gateway_spent_minor_units", channel="sms", gateway="a") == 10
    name = "gateway_spend_reached_until_timestamp_seconds"
    midnight = datetime(2026, 3, 11, tzinfo=SHANGHAI)
    assert measured(world.service, name, channel="sms", gateway="a") == midnight.timestamp()
    await world.run(midnight + timedelta(hours=9))
    assert provider.taken == ["N-1", "N-2", "N-3"]
    assert measured(world.service, name, channel="sms", gateway="a") == 0


async def test_what_was_not_taken_costs_nothing(open_world: Open) -> None:
    first, second = Provider(), Provider()
    first.answers = [BUSY, AttemptResult("refused", reason="number")]
    world = _over(await open_world(), replace(_way("a", first), cap=_cap(5)), _way("b", second))
    await _prepared(world, "sms")
    await world.run()
    await world.request("N-2")
    await world.run()
    await world.request("N-3")
    await world.run()
    assert second.taken == ["N-1"]
    assert (await _row(world, "N-2"))[:2] == ("failed", "number")
    assert first.taken == ["N-3"]


def test_the_list_of_gateways_is_what_is_called() -> None:
    listed: list[dict[str, Any]] = [
        {"name": "a", "kind": "http", "url": "https://a.example", "secret": "x" * 32},
        {"name": "b", "kind": "http", "url": "https://b.example", "secret": "x" * 32},
    ]
    listed[0] |= {"rate_per_second": 5, "price_per_part": 5, "spend_per_day": 100}
    own = NotifierSettings.model_validate({"sms_gateways": listed, "sms_url": "https://c.example"})
    first, second = dispatcher(own, lambda: NOW).ways["sms"]
    assert (first.name, second.name) == ("a", "b")
    assert first.charge("欠" * 71, NOW) == Charge("a", NOW.date(), 10)
    assert second.charge("x", NOW) is None
    with pytest.raises(Misconfigured, match="same name"):
        dispatcher(own.model_copy(update={"sms_gateways": own.sms_gateways * 2}), lambda: NOW)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("€" * 80, 1),
        ("a" * 152 + "€" + "a" * 10, 2),
        ("欠" * 70, 1),
        ("欠" * 71, 2),
        ("欠" * 134, 2),
        ("欠" * 66 + "😀" * 34, 3),
    ],
)
def test_parts_are_counted_as_they_are_sent(text: str, parts: int) -> None:
    assert number_of_parts(text) == parts
