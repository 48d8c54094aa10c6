"""What the metrics say of gateways."""

from datetime import timedelta

import orjson

from services.notifier.domain.commands import AttemptResult
from services.notifier.figures import FIGURES
from tests.chassis.test_metrics import measured
from tests.notifier.conftest import Open
from tests.notifier.test_crashes import Provider, _prepared, _with


async def test_answers_of_gateways_are_counted_by_channel_and_timed(open_world: Open) -> None:
    world = await open_world()
    provider = Provider()
    provider.answers = [AttemptResult("unavailable", reason="busy")]
    _with(world, {"sms": provider})
    await _prepared(world, "sms")
    await world.run()
    assert measured(world.service, "notices_total", channel="sms", result="unavailable") == 1
    await world.run(world.clock.now() + timedelta(hours=2))
    assert provider.taken == ["N-1"]
    assert measured(world.service, "notices_total", channel="sms", result="accepted") == 1
    calls = measured(world.service, "gateway_seconds_count", channel="sms", call="send")
    assert calls == 2
    waited = measured(world.service, "notice_seconds_sum", channel="sms")
    assert waited is not None
    assert waited >= 60, "from the request on"


async def test_a_gateway_that_is_left_alone_says_until_when(open_world: Open) -> None:
    world = await open_world()
    provider = Provider()
    provider.answers = [AttemptResult("unavailable")] * 50
    _with(world, {"sms": provider})
    await _prepared(world, "sms")
    for number in range(2, 12):
        await world.request(f"N-{number}", version=1, channel="sms")
    await world.run()
    name = "gateway_closed_until_timestamp_seconds"
    until = measured(world.service, name, channel="sms", gateway="sms")
    assert until is not None
    assert until > world.clock.now().timestamp()
    provider.answers = []
    await world.run(world.clock.now() + timedelta(hours=2))
    assert measured(world.service, name, channel="sms", gateway="sms") == 0


async def test_notices_that_cannot_be_judged_are_counted_without_reading_the_others(
    open_world: Open,
) -> None:
    world = await open_world()
    (figure,) = [one for one in FIGURES if "notices_unjudged" in one.gauges]
    async with world.service.pool.acquire() as connection:
        await connection.execute(_HISTORY)
        await connection.execute("analyze view_notices")
        plan = await connection.fetchval(
            f"explain (analyze, buffers, format json) {figure.statement}"
        )
        rows = await connection.fetch(figure.statement)
    assert [tuple(row) for row in rows] == [("acme", "terms", 3)]
    top = orjson.loads(plan)[0]["Plan"]
    assert top["Shared Hit Blocks"] + top["Shared Read Blocks"] < 20


_HISTORY = """
insert into view_notices (creditor, account, notice_id, lane, requested_at, state, reason, purpose,
  channel, policy, policy_version)
select 'acme', 'P-' || n, 'H-' || n, 0, now(), 'waiting', case when n <= 3 then 'terms' else 'hours'
  end, 'reminder', 'sms', 'mobile', 1 from generate_series(1, 20000) n"""
