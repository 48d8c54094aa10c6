"""A notice that was asked for in another lane than its account's."""

from chassis.bus.base import Outgoing, lane_of
from contracts import dunning
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


async def test_all_that_happens_to_an_account_stands_in_one_lane_and_its_row_follows_in_order(
    world: World,
) -> None:
    await world.debtor()
    version = await world.owes(830000)
    await world.run()
    await _ask_in_another_lane(world, version)
    await world.run()
    lanes = await world.service.pool.fetch(
        "select distinct lane from events where stream = $1", f"account-{CREDITOR}/{ACCOUNT}"
    )
    assert [row["lane"] for row in lanes] == [lane_of(KEY, PARTITIONS)]
    async with world.client("manager") as client:
        (notice,) = (await client.get("/v1/notices")).json()["items"]
    assert notice["state"] == "sent"
    assert len(await world.published("notifier")) == 1
