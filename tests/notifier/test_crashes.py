"""What happens when the process dies around the call of a gateway: no notice is lost, and none that
must not be is sent twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from services.notifier.adapters.breaker import Breaker
from services.notifier.adapters.gateway import Gateway, Lookup, Parcel
from services.notifier.dispatch import Dispatcher
from services.notifier.domain.commands import AttemptResult
from services.notifier.main import dispatcher
from services.notifier.spending import Spending
from services.notifier.ways import FILES, Way
from tests.notifier.conftest import Open
from tests.notifier.world import World


class Killed(BaseException):
    """The process is gone: nothing after this runs."""


class Provider:
    """A gateway with its own book of what it took, which may die, refuse or not know."""

    def __init__(self, *, lookup: bool = True) -> None:
        self.taken: list[str] = []
        self.bodies: list[str] = []
        self.lookup = lookup
        self.die: str | None = None
        self.answers: list[AttemptResult] = []
        self.down = False

    async def send(self, parcel: Parcel) -> AttemptResult:
        if self.die == "before":
            raise Killed
        if self.answers:
            return self.answers.pop(0)
        self.taken.append(parcel.notice_id)
        self.bodies.append(parcel.body)
        if self.die == "after":
            raise Killed
        return AttemptResult("accepted", reference="p-1")

    async def find(self, parcel: Parcel) -> Lookup:
        if not self.lookup:
            return Lookup("cannot_tell")
        if self.down:
            return Lookup("unclear")
        return Lookup("sent", "p-1") if parcel.notice_id in self.taken else Lookup("not_sent")

    async def forget(self, creditor: str, channel: str, notice_id: str) -> None:
        """Nothing is kept."""


def with_ways(old: Dispatcher, given: Mapping[str, Sequence[Way]]) -> Dispatcher:
    """The same dispatcher with other gateways, all of them elsewhere."""
    ways = {**old.ways, **given}
    preparation = replace(old.preparation, ways=ways)
    spending = Spending(ways)
    return replace(
        old,
        ways=ways,
        local=frozenset(),
        preparation=preparation,
        calls=replace(old.calls, ways=ways),
        spending=spending,
    )


def _with(world: World, gateways: Mapping[str, Gateway], called: str = "") -> World:
    """The same world with other gateways."""
    old = next(one for one in world.service.blueprint.workers if isinstance(one, Dispatcher))
    fresh = dispatcher(old.preparation.settings, world.clock.now)
    pause = timedelta(seconds=old.preparation.settings.gateway_pause_seconds)
    failures_max = old.preparation.settings.gateway_failures_max
    fresh = with_ways(
        fresh,
        {
            name: [Way(called or name, one, Breaker(failures_max, pause))]
            for name, one in gateways.items()
        },
    )
    world.service.round.workers = (partial(fresh, world.service),)
    return world


async def _prepared(world: World, channel: str) -> None:
    await world.terms()
    await world.debtor()
    version = await world.owes(830000)
    await world.request(version=version, channel=channel)


async def _state(world: World) -> str:
    async with world.client("manager") as client:
        row = (await client.get("/v1/notices/N-1")).json()
    return f"{row['state']} {row['reason']}".strip()


async def _told(world: World) -> list[str]:
    return [one.type.removeprefix("notifier.notice.") for one in await world.published("notifier")]


@pytest.mark.parametrize("die", ["before", "after"])
async def test_after_a_crash_a_channel_with_look_up_sends_exactly_once(
    open_world: Open, die: str
) -> None:
    provider = Provider()
    world = _with(await open_world(), {"sms": provider})
    await _prepared(world, "sms")
    provider.die = die
    with pytest.raises(Killed):
        await world.run()
    provider.die = None
    assert await _state(world) == "sending"
    await world.run(world.clock.now() + timedelta(hours=1))
    assert provider.taken == ["N-1"]
    assert await _told(world) == ["sent.v1"]


async def test_while_the_provider_cannot_say_nothing_is_sent_again(open_world: Open) -> None:
    provider = Provider()
    world = _with(await open_world(), {"sms": provider})
    await _prepared(world, "sms")
    provider.die = "after"
    with pytest.raises(Killed):
        await world.run()
    provider.die, provider.down = None, True
    await world.run(world.clock.now() + timedelta(minutes=45))
    assert await _state(world) == "unknown lookup"
    assert provider.taken == ["N-1"]
    provider.down = False
    await world.run(world.clock.now() + timedelta(minutes=15))
    assert await _told(world) == ["sent.v1"]
    assert provider.taken == ["N-1"]


@pytest.mark.parametrize("channel", ["letter", "email"])
async def test_what_is_in_doubt_and_cannot_be_asked_for_is_never_sent_twice(
    open_world: Open, channel: str
) -> None:
    provider = Provider(lookup=False)
    world = _with(await open_world(), {channel: provider})
    await _prepared(world, channel)
    provider.die = "after"
    with pytest.raises(Killed):
        await world.run()
    provider.die = None
    await world.run(world.clock.now() + timedelta(days=1))
    assert provider.taken == ["N-1"]
    assert await _state(world) == "failed unknown"
    assert await _told(world) == ["failed.v1"]


async def test_another_process_finds_the_file_of_the_one_that_died(open_world: Open) -> None:
    first = await open_world()
    await _prepared(first, "sms")
    outbox = next(one for one in first.service.blueprint.workers if isinstance(one, Dispatcher))
    real = outbox.ways["sms"][0].gateway

    class DiesAfterwards(Provider):
        async def send(self, parcel: Parcel) -> AttemptResult:
            await real.send(parcel)
            raise Killed

    _with(first, {"sms": DiesAfterwards()}, FILES)
    with pytest.raises(Killed):
        await first.run()
    await first.service.leases.leave()
    second = await open_world(start=first.clock.now() + timedelta(minutes=3))
    await second.run()
    assert await _state(second) == "sent"
    assert await _told(second) == ["sent.v1"]
    assert len(list(second.outbox.rglob("*.txt"))) == 1


async def test_a_gateway_that_is_down_for_an_hour_delays_the_notice(open_world: Open) -> None:
    provider = Provider()
    world = _with(await open_world(), {"sms": provider})
    await _prepared(world, "sms")
    provider.answers = [AttemptResult("unavailable", reason="sms_503")] * 3
    await world.run()
    assert await _state(world) == "waiting retry"
    await world.run(world.clock.now() + timedelta(hours=2))
    assert provider.taken == ["N-1"]
    (sent,) = await world.published("notifier")
    assert sent.data.attempt == 4


async def test_a_gateway_that_never_comes_back_fails_the_notice_with_the_reason(
    open_world: Open,
) -> None:
    provider = Provider()
    world = _with(await open_world(gateway_failures_max=100), {"sms": provider})
    await _prepared(world, "sms")
    provider.answers = [AttemptResult("unavailable", reason="sms_503")] * 100
    await world.run(world.clock.now() + timedelta(days=3))
    assert await _state(world) == "failed sms_503"
    assert len(provider.answers) == 94


async def test_a_refusal_is_final(open_world: Open) -> None:
    provider = Provider()
    world = _with(await open_world(), {"sms": provider})
    await _prepared(world, "sms")
    provider.answers = [AttemptResult("refused", reason="sms_422")]
    await world.run(world.clock.now() + timedelta(days=1))
    assert await _state(world) == "failed sms_422"
    assert provider.taken == []


async def test_a_payment_between_two_attempts_suppresses_the_second(open_world: Open) -> None:
    provider = Provider()
    world = _with(await open_world(), {"sms": provider})
    await _prepared(world, "sms")
    provider.answers = [AttemptResult("unavailable", reason="sms_503")]
    await world.run()
    await world.owes(0)
    await world.run(world.clock.now() + timedelta(hours=1))
    assert provider.taken == []
    assert await _state(world) == "suppressed cleared"


async def test_a_repeat_on_another_day_shows_that_days_debt(open_world: Open) -> None:
    provider = Provider()
    world = _with(
        await open_world(start=datetime(2026, 3, 10, 11, 59, tzinfo=UTC)), {"sms": provider}
    )
    await _prepared(world, "sms")
    provider.answers = [AttemptResult("unavailable", reason="sms_503")]
    await world.run()
    await world.owes(330000)
    await world.run(datetime(2026, 3, 11, 0, 30, tzinfo=UTC))
    assert "3,300.00" in provider.bodies[0]
    assert "2026年3月11日" in provider.bodies[0]


async def test_after_failures_in_a_row_a_gateway_is_left_alone(open_world: Open) -> None:
    provider = Provider()
    world = _with(
        await open_world(gateway_failures_max=2, gateway_pause_seconds=600), {"sms": provider}
    )
    await _prepared(world, "sms")
    version = await world.owes(830000)
    provider.answers = [AttemptResult("unavailable", reason="sms_503")] * 2
    await world.request("N-2", version=version)
    await world.run()
    await world.request("N-3", version=version)
    await world.run()
    async with world.client("manager") as client:
        row = (await client.get("/v1/notices/N-3")).json()
    assert (row["state"], row["reason"], row["attempts"]) == ("waiting", "gateway", 0)
    await world.run(world.clock.now() + timedelta(minutes=20))
    assert sorted(provider.taken) == ["N-1", "N-2", "N-3"]
