"""A few hundred hostile events and requests; `make hostile` sends ten thousand of each."""

from typing import Any

from tests.hostile.run import Plan, alone, run

SEED, EVENTS, REQUESTS, DAYS = 11, 200, 200, 1
_expected: list[dict[str, list[Any]]] = []


async def expected() -> dict[str, list[Any]]:
    """The effects of the valid traffic alone, played once."""
    if not _expected:
        _expected.append(await alone(lambda _line: None, DAYS))
    return _expected[0]


async def test_hostile_traffic_stops_no_lane_and_takes_nothing_from_others() -> None:
    plan = Plan(SEED, EVENTS, REQUESTS, days=DAYS)
    outcome = await run(plan, await expected(), lambda _line: None)
    assert not outcome.faults, "\n".join(outcome.table())


async def test_hostile_traffic_on_kafka_stops_no_lane(kafka_bootstrap: str) -> None:
    plan = Plan(SEED + 1, EVENTS, REQUESTS, "kafka", kafka_bootstrap, DAYS)
    outcome = await run(plan, await expected(), lambda _line: None)
    assert not outcome.faults, "\n".join(outcome.table())
