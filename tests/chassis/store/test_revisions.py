"""Two versions side by side whose states have another form: each reads what the other left."""

import asyncio
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
import pytest

from chassis.errors import Misconfigured
from chassis.runtime.blueprint import Blueprint
from chassis.runtime.instance import Instance
from chassis.runtime.live import Live
from chassis.store.reads import states, states_of
from chassis.store.refolding import Refolding
from chassis.store.work import Work
from tests.chassis import toy
from tests.chassis.conftest import OpenToy
from tests.chassis.store.test_forms import Largest, next_version
from tests.chassis.toy import PATIENT

ONE, TWO = "account-acme/one", "account-acme/two"
LATER = toy.START.replace(year=2030)


def later(revision: int = 2) -> Blueprint:
    """The version after this one."""
    return next_version(revision=revision)


def _append(event: toy.Event, stream: str, work: Work) -> None:
    work.append(stream, [event])


async def pay(service: Instance, stream: str, amount: int) -> None:
    event = toy.Added(amount, toy.START)
    await service.execute("acme/one", [stream], partial(_append, event, stream))


@pytest.fixture
async def old(open_toy: OpenToy) -> Instance:
    """An instance of this version, at work, that was paid."""
    service = await open_toy(settings=PATIENT)
    await service.leases.refresh()
    for stream, amount in ((ONE, 3), (ONE, 2), (TWO, 5)):
        await pay(service, stream, amount)
    return service


@pytest.fixture
async def new(open_toy: OpenToy, old: Instance) -> Instance:
    return await open_toy(settings=PATIENT, blueprint=later())


async def wakes(service: Instance) -> dict[str, datetime | None]:
    rows = await service.pool.fetch("select stream, wake_at from state")
    return dict(rows)


async def test_each_reads_what_the_other_wrote(old: Instance, new: Instance) -> None:
    assert await new.read(ONE) == (Largest(5, 3, LATER), 2)
    await pay(new, ONE, 7)
    assert await old.read(ONE) == (toy.Total(12, 3, toy.START), 3)
    await pay(old, ONE, 1)
    assert await new.read(ONE) == (Largest(13, 7, LATER), 4)
    assert await old.read(ONE) == (toy.Total(13, 4, toy.START), 4)


async def test_lists_are_read_in_both_forms(old: Instance, new: Instance) -> None:
    await pay(new, ONE, 7)
    for service in (old, new):
        aggregate = service.store.aggregates["account"]
        async with service.pool.acquire() as connection:
            found = await states(connection, aggregate, [ONE, TWO])
            assert {one: state.amount for one, state in found.items()} == {ONE: 12, TWO: 5}
            every = await states_of(connection, aggregate, "account-acme/")
            assert [state.amount for state in every] == [12, 5]


class Counting:
    """A connection that counts what it is asked."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def fetch(self, *query: Any) -> Any:
        self.asked += 1
        return await self._connection.fetch(*query)


async def test_the_events_of_all_that_are_in_another_form_are_read_at_once(
    old: Instance, new: Instance
) -> None:
    async with new.pool.acquire() as connection:
        counting = Counting(connection)
        work = await new.store.load(counting, now=toy.START, lane=0, streams=[ONE, TWO])
        assert [work.state(one).amount for one in (ONE, TWO)] == [5, 5]
        assert counting.asked == 2
        await states(counting, new.store.aggregates["account"], [ONE, TWO])
        assert counting.asked == 4


async def test_a_state_without_a_mark_is_as_it_was(old: Instance) -> None:
    data = await old.pool.fetchval("select data from state where stream = $1", ONE)
    assert msgspec.msgpack.decode(data, type=toy.Total) == toy.Total(5, 2, toy.START)


async def test_a_spoilt_state_is_no_state_of_another_form(old: Instance) -> None:
    await old.pool.execute("update state set data = 'spoilt' where stream = $1", ONE)
    with pytest.raises(msgspec.DecodeError):
        await old.read(ONE)


async def test_what_wakes_for_the_other_version_is_written_anew_and_not_woken_for_ever(
    old: Instance, new: Instance
) -> None:
    await old.leases.leave()
    await new.leases.refresh()
    for lane in (0, 1):
        while await new.round.fire(lane):
            pass
    assert await wakes(new) == dict.fromkeys((ONE, TWO), LATER)


async def test_what_was_left_is_folded_anew_beside_the_work(old: Instance, new: Instance) -> None:
    refolding = new.round.refolding
    assert refolding is not None
    assert await refolding.run() == 2
    assert await wakes(new) == dict.fromkeys((ONE, TWO), LATER)
    assert await refolding.run() == 0
    await pay(old, TWO, 1)
    assert await refolding.run() == 1


async def test_what_is_in_the_right_form_is_passed_over(old: Instance, new: Instance) -> None:
    for number in range(5):
        await pay(old, f"account-acme/p{number}", 1)
    for stream in (ONE, "account-acme/p0", "account-acme/p3"):
        await pay(new, stream, 1)
    refolding = Refolding(new.store, {"account": "2 any"}, "2", 1.0, at_once=2)
    assert await refolding.run() == 4
    assert await refolding.run() == 0


async def test_who_gets_the_lane_it_is_done_by_does_it_although_nobody_came_or_went(
    old: Instance, new: Instance
) -> None:
    live = Live(new.round, new.settings, new.metrics)
    await old.leases.release(list(old.leases.held))
    await new.leases.refresh()
    members = new.leases.members
    lanes, new.leases.held = new.leases.held, {}
    folding = asyncio.create_task(live._fold_anew())
    await asyncio.sleep(0)
    folding.cancel()
    new.leases.held = lanes
    folding = asyncio.create_task(live._fold_anew())
    async with asyncio.timeout(60):
        while await wakes(new) != dict.fromkeys((ONE, TWO), LATER):
            await asyncio.sleep(0.05)
    folding.cancel()
    assert new.leases.members == members


async def test_a_live_instance_does_it_by_itself_and_again_after_the_other_has_gone(
    old: Instance, new: Instance
) -> None:
    await old.leases.leave()
    await new.start()
    async with asyncio.timeout(60):
        while await wakes(new) != dict.fromkeys((ONE, TWO), LATER):
            await asyncio.sleep(0.05)


async def test_it_is_done_once_and_again_by_the_version_that_is_rolled_back(
    old: Instance, new: Instance, open_toy: OpenToy
) -> None:
    await old.leases.leave()
    assert new.round.refolding is not None
    await new.round.refolding.run()
    assert (await open_toy(settings=PATIENT, blueprint=later())).round.refolding is None
    back = (await open_toy(settings=PATIENT)).round.refolding
    assert back is not None
    assert await back.run() == 2
    assert await wakes(old) == dict.fromkeys((ONE, TWO), toy.START)


async def test_it_is_not_done_for_good_while_the_version_before_works(
    old: Instance, new: Instance, open_toy: OpenToy
) -> None:
    assert new.round.refolding is not None
    await new.leases.refresh()
    await new.round.refolding.run()
    await pay(old, TWO, 1)
    await new.leases.leave()  # and with it who would have done it again
    another = (await open_toy(settings=PATIENT, blueprint=later())).round.refolding
    assert another is not None
    await old.leases.leave()
    assert await another.run() == 1
    assert (await open_toy(settings=PATIENT, blueprint=later())).round.refolding is None


async def test_a_form_that_changed_without_its_revision_waits_until_it_is_alone(
    old: Instance, open_toy: OpenToy
) -> None:
    with pytest.raises(Misconfigured, match="stop all instances"):
        await open_toy(settings=PATIENT, blueprint=next_version())


async def test_a_version_that_knows_no_revisions_is_not_given_states_of_another(
    old: Instance, open_toy: OpenToy
) -> None:
    await old.pool.execute("update members set leaving = null")
    with pytest.raises(Misconfigured, match="stop all instances"):
        await open_toy(settings=PATIENT, blueprint=later())


async def test_who_was_faster_is_not_overwritten_by_a_state_told_anew(
    old: Instance, new: Instance
) -> None:
    async with new.pool.acquire() as connection, connection.transaction():
        work = await new.store.load(connection, now=toy.START, lane=0, streams=[ONE])
        await pay(old, ONE, 100)
        await new.store.save(connection, work)
    assert (await new.read(ONE))[0].amount == 105
    assert (await old.read(ONE))[0].amount == 105
