"""Lanes of one ledger on two servers: nothing is lost or doubled when one moves, wherever the move
is cut off.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from signal import SIGKILL

from tests.apart.conftest import PARTITIONS, Apart, accounts_in

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


async def there_and_back(apart: Apart) -> None:
    async with traffic(apart):
        await apart.move(1, 2)
        await apart.open(1)
        await apart.move(1, back=True)
    await apart.say_all_again()
    await apart.until_done()
    assert await apart.held(1) == {2}
    await apart.check()


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
