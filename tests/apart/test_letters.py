"""Dead letters go with their lane, and open where they are."""

import asyncio

import pytest

from chassis.bus.base import Outgoing
from chassis.errors import Misconfigured
from chassis.runtime.instance import Instance
from chassis.store.dead_letters import unpack_original
from contracts.words.streams import Subject
from tests.apart.conftest import PARTITIONS, Apart, accounts_in

LETTERS = "select lane, creditor, account, original from dead_letters order by lane, account"


async def opened(apart: Apart, where: int, service: Instance) -> set[tuple[int, bytes]]:
    """The letters of a database: the lane of each and what came."""
    found = set()
    for letter in await apart.rows(where, LETTERS):
        about = Subject(letter["creditor"], letter["account"])
        keys = await service.keys([about])
        original = unpack_original(keys.open(about, letter["original"], "letter"))
        found.add((letter["lane"], original.value))
    return found


async def test_letters_open_although_both_databases_made_a_key(apart: Apart) -> None:
    await apart.move(1)
    first, second = apart.instances[0], await apart.open(1)
    await apart.terms(cash_desk=True, home_lane=0, version=2)  # refused in each lane
    said = {(one.partition, one.value) for one in apart.said[-PARTITIONS:]}
    nobodys = [
        Outgoing("billing", lane, b"", f"no message {lane}".encode()) for lane in range(PARTITIONS)
    ]
    await apart.bus.publish(nobodys)
    said |= {(one.partition, one.value) for one in nobodys}
    async with asyncio.timeout(30):
        while len(await apart.rows(0, LETTERS)) + len(await apart.rows(1, LETTERS)) < len(said):
            await asyncio.sleep(0.05)
    await apart.move(2)
    here, there = await opened(apart, 0, first), await opened(apart, 1, second)
    assert {lane for lane, _ in here} == {0, 3}
    assert {lane for lane, _ in there} == {1, 2}
    assert here | there == said


async def test_a_letter_in_another_lane_takes_nothing_of_its_account_along(apart: Apart) -> None:
    (account,) = accounts_in(0, 1)
    await apart.invoice(account, 5)
    await apart.until_done()
    stray = apart.said[-1]
    await apart.bus.publish([Outgoing("billing", 1, stray.key, stray.value[:-2], ())])
    async with asyncio.timeout(30):
        while not await apart.rows(0, LETTERS):
            await asyncio.sleep(0.05)
    await apart.move(1)
    (letter,) = await apart.rows(1, LETTERS)
    assert (letter["lane"], letter["account"]) == (1, account)
    assert await apart.rows(1, "select from subject_keys")
    assert not await apart.rows(1, "select from view_accounts")
    await apart.check()


async def test_a_lane_stays_where_two_keys_of_a_debtor_would_meet(apart: Apart) -> None:
    (account,) = accounts_in(2, 1)
    await apart.invoice(account, 5, number="N-5")
    await apart.until_done()
    await apart.move(1)
    await apart.open(1)
    stray = apart.said[-1]
    await apart.bus.publish([Outgoing("billing", 1, stray.key, stray.value[:-2], ())])
    async with asyncio.timeout(30):
        while not await apart.rows(1, LETTERS):
            await asyncio.sleep(0.05)
    with pytest.raises(Misconfigured, match=f"a key of their own for acme/{account}"):
        await apart.move(2)
    await apart.invoice(account, 7)
    await apart.until_done()
    assert await apart.held(1) == {1}
    await apart.check()
