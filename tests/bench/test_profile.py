"""A profile counts what a stage does, where it is done, and for whom."""

import asyncio

import pytest

from bench.profile import STAGES, Load, Stage, table
from bench.tally import Tally, found, on_behalf
from chassis.settings import SERVICES

BUSY = 300_000


class Connection:
    """Answers whatever it is asked."""

    async def execute(self, what: str) -> str:
        await asyncio.sleep(0)
        return what


class Started:
    name = "ledger"

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self.task = asyncio.create_task(self.work())

    async def work(self) -> None:
        self.tally.cell("load").statements += 1


@pytest.fixture
def tally() -> Tally:
    return Tally(given="consume", bounds="commit", client="aiokafka", other="other")


@pytest.mark.parametrize("name", [name for names in STAGES.values() for name in names])
def test_every_stage_is_of_functions_that_are_there(name: str) -> None:
    owner, attribute = found(name)
    assert callable(vars(owner)[attribute])


def test_a_function_that_is_no_more_is_told() -> None:
    with pytest.raises(AttributeError, match="has moved"):
        found("chassis.store.store:Store.shrink")


def test_a_stage_inside_another_is_not_counted_with_it(tally: Tally) -> None:
    tally.run("outer", tally.wrapped("inner", lambda: sum(range(BUSY))))
    assert tally.cell("inner").cpu_seconds > tally.cell("outer").cpu_seconds > 0


async def test_what_others_do_while_a_stage_waits_is_theirs(tally: Tally) -> None:
    over = asyncio.Event()

    async def wait() -> str:
        await over.wait()
        return "waited"

    async def work() -> None:
        sum(range(BUSY))
        over.set()

    waited, _ = await asyncio.gather(tally.wrapped("waits", wait)(), tally.wrapped("works", work)())
    assert waited == "waited"
    assert tally.cell("works").cpu_seconds > tally.cell("waits").cpu_seconds > 0


async def test_a_failure_goes_through_its_stage(tally: Tally) -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        raise ValueError("no")

    async def survive() -> str:
        try:
            await tally.wrapped("inner", fail)()
        except ValueError as error:
            return str(error)
        return "yes"

    assert await tally.wrapped("outer", survive)() == "no"


async def test_statements_belong_to_the_stage_that_asks(tally: Tally) -> None:
    ask = tally.asking(Connection.execute)

    async def load() -> None:
        for what in ("BEGIN;", "select 1", "select 2", "COMMIT;"):
            assert await ask(Connection(), what) == what

    await tally.wrapped("load", load)()
    await ask(Connection(), "select 3")
    counted = {stage: cell.statements for (_, stage), cell in tally.clear().items()}
    assert counted == {"load": 2, "commit": 2, "other": 1}
    assert not tally.cells


async def test_what_a_service_starts_works_on_its_behalf(tally: Tally) -> None:
    started = Started(tally)
    await on_behalf(Started.start)(started)
    assert started.task is not None
    await started.task
    assert tally.clear().keys() == {("ledger", "load")}


async def test_a_task_belongs_to_the_stage_that_began_it(tally: Tally) -> None:
    asyncio.get_running_loop().set_task_factory(tally.task)

    async def ask() -> str:
        await tally.asking(Connection.execute)(Connection(), "select 1")
        return tally.stage()

    async def send() -> list[str]:
        return [*await asyncio.gather(ask(), ask())]

    assert await tally.wrapped("send", send)() == ["send", "send"]
    assert tally.cell("send").statements == 2


def test_the_table_divides_by_batches_and_by_messages() -> None:
    stages = {"load": Stage(8_000, 6, 4_000), "decide": Stage(2_000, 0, 0)}
    load = Load(
        batches=dict.fromkeys(SERVICES, 4),
        messages=dict.fromkeys(SERVICES, 40),
        stages=dict.fromkeys(SERVICES, stages),
        python_ms=1.5,
        postgres_ms=0.75,
        rest_ms=0.25,
    )
    lines = list(table({"before": {"trickle": load}, "after": {"trickle": load}}))
    assert lines.count("| stage | trickle, before | trickle, after |") == len(SERVICES)
    assert "| messages a batch | 10.0 | 10.0 |" in lines
    cell = "2,000 / 200.0 · 1.50 / 0.150 · 1,000 / 100.0"
    assert f"| load | {cell} | {cell} |" in lines
    assert "| decide | 500 / 50.0 | 500 / 50.0 |" in lines
    both = "2,500 / 250.0 · 1.50 / 0.150 · 1,000 / 100.0"
    assert f"| all | {both} | {both} |" in lines
    assert not any(line.startswith("| relay") for line in lines)
    assert "| PostgreSQL | 0.75 | 0.75 |" in lines
