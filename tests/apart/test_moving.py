"""Lanes of one ledger on two servers: nothing is lost or doubled when one moves, wherever the move
is cut off.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from signal import SIGKILL

import asyncpg

from chassis.recorders import Recorder
from chassis.store import proposals, verifying_proposals
from chassis.store.proposals import Decided, Proposal
from tests.apart.conftest import CREDITOR, PARTITIONS, Apart, accounts_in, lane_of_account

POINTS = (
    "move.marked",
    "move.frozen",
    "move.carried",
    "move.handed_over",
    "move.removed",
    "move.done",
)
ACCOUNTS = [account for lane in range(PARTITIONS) for account in accounts_in(lane, 3)]


@asynccontextmanager
async def traffic(apart: Apart) -> AsyncIterator[None]:
    """Invoices for all accounts, all the time."""
    is_over = asyncio.Event()

    async def go_on() -> None:
        while not is_over.is_set():
            for account in ACCOUNTS:
                await apart.invoice(account, 7)
            await asyncio.sleep(0.1)

    task = asyncio.create_task(go_on())
    await asyncio.sleep(0.3)
    yield
    await asyncio.sleep(0.3)
    is_over.set()
    await task


async def test_lanes_move_there_and_back_under_traffic(apart: Apart) -> None:
    await there_and_back(apart)


async def test_lanes_move_while_messages_travel_on_kafka(apart_on_kafka: Apart) -> None:
    await there_and_back(apart_on_kafka)


async def propose(apart: Apart) -> None:
    """A refund of each account waits for a second person; one of each lane was refused."""
    connection = await asyncpg.connect(apart.dsns[0], server_settings={"search_path": "ledger"})
    now = datetime.now(UTC)
    who = ("eve", "https://issuer", "eve")
    for number, account in enumerate(ACCOUNTS):
        told = (f"p-{account}", now, CREDITOR, account, "refund", 5, b"sealed", *who)
        one = Proposal(*told)
        await proposals.add(connection, one, lane_of_account(account))
        if number % 3 == 0:
            decided = Decided("rejected", now, "ann", Recorder("https://issuer", "ann"), None)
            await proposals.settle(connection, one, decided)
    await connection.close()


async def proposed(apart: Apart) -> list[str]:
    """What each database has of it, and that it is what it was."""
    found: list[str] = []
    for where in (0, 1):
        connection = await asyncpg.connect(
            apart.dsns[where], server_settings={"search_path": "ledger"}
        )
        lanes = await apart.held(where)
        done = await verifying_proposals.verify(connection, lanes, {})
        await connection.close()
        assert done.damage == []
        found += [row["id"] for row in await apart.rows(where, "select id from proposals")]
        assert sum(end.number for end in done.ends.values()) == 4 * len(lanes)
    return sorted(found)


async def there_and_back(apart: Apart) -> None:
    await propose(apart)
    async with traffic(apart):
        await apart.move(1, 2)
        await apart.open(1)
        await apart.move(1, back=True)
    await apart.say_all_again()
    await apart.until_done()
    assert await apart.held(1) == {2}
    await apart.check()
    assert await proposed(apart) == sorted(f"p-{account}" for account in ACCOUNTS)


async def test_a_move_goes_on_wherever_it_was_cut_off(apart: Apart) -> None:
    await apart.move(0)
    await apart.open(1)
    async with traffic(apart):
        for number, point in enumerate(POINTS):
            back = bool(number % 2)
            assert await apart.cut_off(1, point, back=back) == -SIGKILL
            await asyncio.sleep(0.2)
            await apart.move(1, back=back)
            assert await apart.held(1) == ({0} if back else {0, 1})
    await apart.say_all_again()
    await apart.until_done()
    await apart.check()
