"""A notice that was asked for in another lane than its account's."""

from chassis.bus.base import Outgoing, lane_of
from contracts import dunning, ledger
from contracts.codec import encode
from contracts.registry import OWNERS
from tests.notifier.world import World
from tests.support.service_world import ACCOUNT, CREDITOR, PARTITIONS

KEY = f"{CREDITOR}/{ACCOUNT}".encode()


async def _ask_in_another_lane(world: World, version: int) -> None:
    own = lane_of(KEY, PARTITIONS)
    data = dunning.NoticeRequested(
        notice_id="N-1", account_id=ACCOUNT, case_id="C-1", purpose="reminder", channel="sms",
        template="reminder", ledger_version=version, needs_overdue=True, policy="county-hospital",
        version=1, step="s1", reason="day 1 reached",
    )  # fmt: skip
    value = encode(
        data, id="m-elsewhere", source=OWNERS["dunning"], time=world.clock.now(),
        creditor=CREDITOR, subject=ACCOUNT,
    )  # fmt: skip
    await world.bus.publish([Outgoing("dunning", (own + 1) % PARTITIONS, KEY, value, ())])


async def test_a_row_that_lags_behind_its_notice_is_brought_up_and_nothing_is_sent_twice(
    world: World,
) -> None:
    await world.debtor()
    await _ask_in_another_lane(world, await world.owes(830000))
    await world.run()
    # as when the row is made after what the account's own lane said of it
    await world.service.pool.execute("update view_notices set state = 'ready', due = true")
    await world.run()
    async with world.client("manager") as client:
        (notice,) = (await client.get("/v1/notices")).json()["items"]
    assert notice["state"] == "sent"
    assert len(await world.published("notifier")) == 1


async def test_files_of_the_erased_are_deleted_once_though_their_row_lags(world: World) -> None:
    await world.debtor()
    await _ask_in_another_lane(world, await world.owes(830000))
    await world.run()
    await world.publish(ledger.AccountErasureConfirmed(account_id=ACCOUNT))
    await world.run()
    await world.service.pool.execute("update view_notices set purge = true")
    await world.run()
    assert not await world.service.pool.fetchval("select count(*) from view_notices where purge")
