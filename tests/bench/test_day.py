"""A short day: every account has its case, one notice at nine, and is clear when it has paid."""

import pytest

from bench import day
from bench.events import Load
from bench.meter import Usage
from bench.phases import Day, Phase
from chassis.servers.kafka import available
from chassis.settings import SERVICES

PIPE = [Usage(1_000, 0.01, client_cpu_seconds=0.006, server_cpu_seconds=0.004)]


def phase(seconds: float, cpu_seconds: float = 1.0) -> Phase:
    return Phase(seconds, {"dunning": cpu_seconds / 4, "postgres": 3 * cpu_seconds / 4})


def test_figures_are_of_the_morning_beside_the_pipe_and_beside_fewer_accounts() -> None:
    few = Day(100, phase(1), phase(1), phase(0.1, 0.1), phase(1))
    many = Day(10_000, phase(10), phase(20), phase(20, 15), phase(40))
    found = day.figures(few, many, PIPE)
    assert found["day_accounts_per_second"] == 500
    assert found["day_ratio"] == 500 / 100_000
    assert found["day_growth"] == 2.0
    assert found["day_cpu_growth"] == 1.5
    assert found["day_intake_accounts_per_second"] == 1_000
    assert found["day_midnight_accounts_per_second"] == 500
    assert found["day_payments_accounts_per_second"] == 250
    assert found["day_dunning_cpu_us_per_account"] == 375
    assert found["day_few_postgres_cpu_us_per_account"] == 750


@pytest.mark.kafka
@pytest.mark.skipif(available() is not None, reason="no Kafka can be started here")
async def test_each_account_has_one_notice_from_nine_on() -> None:
    seen, pipe = await day.one_day(12, Load(events=500, accounts=50), 1)
    assert seen.accounts == 12
    assert seen.morning.seconds > 0
    assert seen.morning.cpu_seconds.keys() == {*SERVICES, "postgres"}
    assert len(pipe) == 2
