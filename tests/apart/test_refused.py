"""What a lane that is in another database, and a service that cannot be in two, are refused."""

import asyncio
from pathlib import Path

import pytest

from arrears import moving_lanes
from arrears.backup.making import make
from arrears.databases import Databases
from arrears.growing import grow
from arrears.schemas import migrate
from chassis.errors import Elsewhere, Misconfigured
from chassis.settings import SERVICES, Settings
from chassis.store.saving import LaneLost
from chassis.store.work import Work
from contracts.words.streams import key_of, numbers_stream
from services.ledger.domain.numbers import NumberNoted
from tests.apart.conftest import CREDITOR, PARTITIONS, Apart, accounts_in


async def test_who_was_stopped_meanwhile_writes_nothing_in_a_lane_that_left(apart: Apart) -> None:
    await apart.stop()
    stopped = await apart.open(0, starts=False)
    await stopped.leases.refresh()
    assert set(stopped.leases.held) == set(range(PARTITIONS))
    await apart.move(1)
    async with stopped.pool.acquire() as connection, connection.transaction():
        await stopped.leases.fence(connection, 0)
        with pytest.raises(LaneLost):
            await stopped.leases.fence(connection, 1)

    async def note_a_number(lane: int) -> None:
        (account,) = accounts_in(lane, 1)
        stream = numbers_stream(CREDITOR, account)

        def note(work: Work) -> None:
            work.append(stream, [NumberNoted("account", "x", b"", b"")])

        await stopped.execute(key_of(CREDITOR, account), [stream], note)

    assert not stopped.leases.away  # it has not heard of it
    await note_a_number(0)
    with pytest.raises(Elsewhere):
        await note_a_number(1)
    found = await apart.rows(0, "select distinct lane from events where stream like 'numbers-%'")
    assert [row["lane"] for row in found] == [0]


async def test_an_instance_answers_for_the_lanes_of_its_database(apart: Apart) -> None:
    (here,), (there,) = accounts_in(0, 1), accounts_in(1, 1)
    for account in (here, there):
        await apart.invoice(account, 5)
    await apart.until_done()
    await apart.move(1)
    first, second = apart.instances[0], await apart.open(1)
    answers = {}
    for account in (here, there):
        for number, service in enumerate((first, second)):
            answers[account, number] = await apart.ask(service, account)
    found = {place: answer.status_code for place, answer in answers.items()}
    assert found == {(here, 0): 200, (here, 1): 421, (there, 0): 421, (there, 1): 200}
    assert "lane 1 " in answers[there, 0].json()["detail"]
    assert answers[there, 1].json()["principal"] == 5


async def test_a_ledger_with_a_cash_desk_stays_in_one_database(apart: Apart) -> None:
    await apart.terms(cash_desk=True, home_lane=0, version=2)
    async with asyncio.timeout(30):
        while len(await apart.rows(0, "select from state where stream like 'till-%'")) < PARTITIONS:
            await asyncio.sleep(0.05)
    with pytest.raises(Misconfigured, match="belongs to all lanes"):
        await apart.move(1)
    assert await apart.held(0) == set(range(PARTITIONS))


async def test_no_cash_desk_is_opened_while_lanes_are_apart(apart: Apart) -> None:
    await apart.move(1)
    await apart.open(1)
    await apart.terms(cash_desk=True, home_lane=0, version=2)
    letters = "select lane, reason from dead_letters order by lane"
    async with asyncio.timeout(30):
        while len(await apart.rows(0, letters)) + len(await apart.rows(1, letters)) < PARTITIONS:
            await asyncio.sleep(0.05)
    (letter,) = await apart.rows(1, letters)
    assert letter["lane"] == 1
    assert "another database" in letter["reason"]


async def test_what_needs_all_lanes_in_one_database_says_so(apart: Apart, tmp_path: Path) -> None:
    await migrate(Databases(dict.fromkeys(SERVICES, apart.dsns[0]), None))
    settings = Settings(data_dir=tmp_path, database_url=apart.dsns[0], partitions=PARTITIONS)
    with pytest.raises(Misconfigured, match="no single lane"):
        await moving_lanes.move(settings, "dunning", [1], apart.dsns[1])
    await apart.move(1)
    await apart.stop()
    with pytest.raises(Misconfigured, match="`arrears backup` works on one alone"):
        await make(settings, tmp_path / "backup")
    with pytest.raises(Misconfigured, match="`arrears partitions` works on one alone"):
        await grow(settings, 2 * PARTITIONS)
    with pytest.raises(Misconfigured, match="that is the database"):
        await moving_lanes.move(settings, "ledger", [2], apart.dsns[0])
    listed = await moving_lanes.listed(settings, "ledger")
    assert [one.lane for one in listed if one.elsewhere] == [1]
