"""The short set of faults: after each of them nothing is lost, doubled or late.

`make faults` tries all of them, for as long as it is told.
"""

import pytest

from tests.faults import crashes, outages, weather
from tests.faults.proxy import Weather
from tests.faults.running import Fault, Running

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.kafka]
SHORT = (
    crashes.killed_at("consume.before_commit", "ledger", "notifier"),
    crashes.killed_at("relay.after_publish", "dunning"),
    crashes.stopped_at("consume.before_commit", "ledger"),
    Fault("F4", "broker killed", outages.broker_killed),
    Fault("F5", "PostgreSQL ended at once", outages.store_ended_at_once),
    weather.cut("*/*", "reset"),
    weather.weather("*/postgres", "cut in a statement", 3, Weather(cut_after=60_000)),
    Fault("F1", "kill −9 of notifier as the provider takes it", crashes.killed_as_it_is_taken),
    weather.provider("drop", 3),
    weather.clocks("all clocks an hour back", weather.an_hour_back),
)


@pytest.mark.parametrize("fault", SHORT, ids=lambda fault: fault.name.replace(" ", "_"))
async def test_nothing_is_lost_or_doubled_after(fault: Fault, running: Running) -> None:
    done = await running.try_out(fault)
    assert done.violations == []


async def test_nothing_is_lost_or_doubled_at_the_end(running: Running) -> None:
    await running.finish()
    assert running.at_the_end == []
