"""`day_ratio`, `day_growth`: nine o'clock, when the step and the notice of many cases fall due.

Every account of one creditor, whose policy is the pack of `bench/lives.json`, has a bill that is
overdue since midnight (`bench/phases.py`); its case's first step asks for a text message at nine.
The four services are processes of their own on one Kafka and one durable PostgreSQL.
`day_accounts_per_second` is from nine on the services' clock to the last notice in the outbox,
`day_ratio` that beside the events a second of the bare pipe in the same run. Intake, midnight and
payments are told in accounts a second too; upstream publishes on the same machine.

`day_growth` is what an account takes at nine among many, in time, as a multiple of what it takes
among few; `day_cpu_growth` the same in processor time of the services and PostgreSQL, which a start
does not hide. `day_accounts` and `day_few_accounts` say how many these were: 20,000 and 2,000, or
`ARREARS_BENCH_DAY_ACCOUNTS` and `ARREARS_BENCH_DAY_FEW`. What is wanted of `day_ratio` is wanted at
200,000, of `day_growth` at 1,000,000 and 10,000.
"""

import os
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.beside import PipeBeside
from bench.events import Load
from bench.meter import Usage
from bench.phases import Day, Passing, Phase, at, sessions
from bench.serving import serving
from chassis.servers.kafka import LocalKafka
from chassis.servers.postgres import EmbeddedPostgres, ensure_database
from tests.faults.clock import ShiftedClock

ACCOUNTS = int(os.environ.get("ARREARS_BENCH_DAY_ACCOUNTS", "20000"))
FEW = int(os.environ.get("ARREARS_BENCH_DAY_FEW", "2000"))


@dataclass(frozen=True)
class Plan:
    """How much is measured; the pipe runs so many rounds before and after."""

    accounts: int = ACCOUNTS
    few: int = FEW
    pipe: Load = field(default_factory=lambda: Load(events=200_000))
    pipe_rounds: int = 2


async def measure(plan: Plan | None = None) -> dict[str, float]:
    """Every figure of the group."""
    plan = plan or Plan()
    few, _ = await one_day(plan.few, plan.pipe, 0)
    many, pipe = await one_day(plan.accounts, plan.pipe, plan.pipe_rounds)
    return figures(few, many, pipe)


async def one_day(accounts: int, load: Load, pipe_rounds: int) -> tuple[Day, Sequence[Usage]]:
    """A day of so many accounts on servers of its own, and the pipe beside it."""
    with tempfile.TemporaryDirectory(prefix="arrears-bench-") as name:
        folder = Path(name)
        server = EmbeddedPostgres(folder / "postgres")
        async with LocalKafka(folder / "kafka") as bootstrap, server as dsn:
            if server.pid is None:
                raise RuntimeError("PostgreSQL ended")
            pipe = PipeBeside(bootstrap, dsn, server.pid, load)
            if pipe_rounds:
                await pipe.fill()
            await pipe.run(pipe_rounds)
            day = await _day(folder, bootstrap, dsn, server.pid, accounts)
            await pipe.run(pipe_rounds)
    return day, pipe.usages


async def _day(folder: Path, bootstrap: str, dsn: str, server_pid: int, accounts: int) -> Day:
    clock = ShiftedClock(folder / "clock")
    clock.set(at(0, 12))
    outbox = folder / "outbox"
    more = {"ARREARS_NOTIFIER_OUTBOX": str(outbox)}
    command = (sys.executable, "-m", "bench.clocked", str(folder / "clock"))
    database = await ensure_database(dsn, "day")
    async with (
        serving(folder, bootstrap, database, more, command) as services,
        sessions(database) as stores,
    ):
        passing = Passing(services, clock, stores, bootstrap, outbox, server_pid)
        return await passing.day(accounts)


def figures(few: Day, many: Day, pipe: Sequence[Usage]) -> dict[str, float]:
    """The figures of two days, and of runs of the pipe beside the second."""
    rate = statistics.median(one.events_per_second for one in pipe)
    morning = many.accounts / many.morning.seconds
    return {
        "day_ratio": round(morning / rate, 4),
        "day_growth": round(_each(many, many.morning.seconds) / _each(few, few.morning.seconds), 2),
        "day_cpu_growth": round(_cpu(many) / _cpu(few), 2),
        "day_accounts": many.accounts,
        "day_few_accounts": few.accounts,
        "day_accounts_per_second": round(morning),
        "day_few_accounts_per_second": round(few.accounts / few.morning.seconds),
        "day_intake_accounts_per_second": _rate(many, many.told),
        "day_midnight_accounts_per_second": _rate(many, many.midnight),
        "day_payments_accounts_per_second": _rate(many, many.paid),
        "day_bare_pipe_events_per_s": round(rate),
        **_cpu_of_each("day", many),
        **_cpu_of_each("day_few", few),
    }


def _rate(day: Day, phase: Phase) -> int:
    return round(day.accounts / phase.seconds)


def _each(day: Day, seconds: float) -> float:
    return seconds / day.accounts * 1e6


def _cpu(day: Day) -> float:
    return _each(day, sum(day.morning.cpu_seconds.values()))


def _cpu_of_each(prefix: str, day: Day) -> Mapping[str, float]:
    spent = day.morning.cpu_seconds.items()
    return {f"{prefix}_{name}_cpu_us_per_account": round(_each(day, one)) for name, one in spent}
