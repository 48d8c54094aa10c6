"""What message centres report reaches the notice, once, and only when all parts are known."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.notifier.receipts import Receipts
from services.notifier.views import parts
from tests.notifier.conftest import Open
from tests.notifier.world import World
from tests.support.smpp_servers import PASSWORD, SYSTEM_ID, Centre, centre, simulator
from tests.support.tables import rows

ANY_HOUR = {"from_hour": "00:00", "until_hour": "23:59", "per_seven_days": 99}
DELIVERED, FAILED = "notifier.notice.delivered.v1", "notifier.notice.failed.v1"


def listed(port: int, **changes: Any) -> dict[str, Any]:
    one: dict[str, Any] = {
        "name": "a",
        "kind": "smpp",
        "url": f"smpp://127.0.0.1:{port}",
        "key_id": SYSTEM_ID,
    }
    one |= {"secret": PASSWORD, "source": "10690000", "timeout_seconds": 2}
    return {"sms_gateways": [one | changes]}


@pytest.fixture
def scripted(tmp_path: Path) -> Iterator[Centre]:
    folder = tmp_path / "centre"
    folder.mkdir()
    with centre(folder) as running:
        yield running


async def send(world: World, *ids: str) -> None:
    await world.terms(contact=ANY_HOUR)
    await world.debtor()
    version = await world.owes(830000)
    for one in ids:
        await world.request(one, version=version)
    await world.run()


async def heard(world: World, is_there: Callable[[list[Any]], bool]) -> None:
    """Wait for what the centre sends by itself."""
    for _ in range(100):
        async with world.service.pool.acquire() as connection:
            if is_there(list(await rows(connection, "receipts_heard"))):
                return
        await asyncio.sleep(0.05)
    raise AssertionError("the centre was not heard")


async def told(world: World) -> list[str]:
    await world.run(world.clock.now() + timedelta(minutes=1))
    return [one.type for one in await world.published("notifier") if "sent" not in one.type]


async def unbind(world: World) -> None:
    for worker in world.service.blueprint.workers:
        if isinstance(worker, Receipts):
            for gateway in worker.gateways.values():
                await gateway.link.stop()


@pytest.mark.parametrize("ids", ["hexadecimal", "decimal"])
async def test_a_notice_is_delivered_when_all_its_parts_are_and_only_once(
    open_world: Open, scripted: Centre, ids: str
) -> None:
    world = await open_world(
        **listed(scripted.port, receipt_ids=ids.replace("hexadecimal", "same"))
    )
    await send(world, "N-1")
    taken = [one["id"] for one in scripted.book()]
    assert len(taken) > 1
    assert {one["registered"] for one in scripted.book()} == {1}
    for one in taken[1:]:
        scripted.tell({"id": one, "ids": ids})
    await heard(world, lambda kept: len(kept) == len(taken) - 1)
    assert await told(world) == []
    scripted.tell({"id": taken[0], "ids": ids})
    await heard(world, lambda kept: len(kept) == len(taken))
    assert await told(world) == [DELIVERED]
    for one in taken:
        scripted.tell({"id": one, "ids": ids})
    await heard(world, lambda kept: len(kept) == len(taken))
    assert await told(world) == [DELIVERED]
    await unbind(world)


async def test_one_part_that_fails_fails_the_notice(open_world: Open, scripted: Centre) -> None:
    world = await open_world(**listed(scripted.port))
    await send(world, "N-1")
    scripted.tell({"id": scripted.book()[0]["id"], "state": "UNDELIV"})
    await heard(world, bool)
    assert await told(world) == [FAILED]
    await unbind(world)


async def test_a_receipt_before_the_answer_is_kept_until_the_notice_is_sent(
    open_world: Open, scripted: Centre
) -> None:
    scripted.plan(receipts="before")
    world = await open_world(**listed(scripted.port))
    await send(world, "N-1", "N-2")
    assert await told(world) == [DELIVERED, DELIVERED]
    await unbind(world)


async def test_another_process_hears_of_what_was_sent_before_it(
    open_world: Open, scripted: Centre
) -> None:
    first = await open_world(**listed(scripted.port))
    await send(first, "N-1")
    await unbind(first)
    await first.service.leases.leave()
    second = await open_world(
        start=first.clock.now() + timedelta(minutes=5), **listed(scripted.port)
    )
    await second.run()
    await asyncio.sleep(0.3)
    for one in scripted.book():
        scripted.tell({"id": one["id"]})
    await heard(second, lambda kept: len(kept) == len(scripted.book()))
    assert await told(second) == [DELIVERED]
    await unbind(second)


async def test_what_is_old_is_forgotten(open_world: Open, scripted: Centre) -> None:
    world = await open_world(**listed(scripted.port))
    await send(world, "N-1")
    scripted.tell({"id": "ffff"})
    await heard(world, bool)
    world.clock.set(world.clock.now() + parts.KEPT + timedelta(hours=2))
    await world.run()
    async with world.service.pool.acquire() as connection:
        assert not await rows(connection, "receipts_heard")
        assert not await rows(connection, "view_parts")
    await unbind(world)


async def test_a_simulator_reports_in_decimal_what_it_answered_in_hexadecimal(
    open_world: Open,
) -> None:
    with simulator() as port:
        world = await open_world(**listed(port, receipt_ids="decimal"))
        await send(world, "N-1")
        for _ in range(40):
            if await told(world):
                break
            await asyncio.sleep(0.1)
        assert await told(world) == [DELIVERED]
        await unbind(world)
