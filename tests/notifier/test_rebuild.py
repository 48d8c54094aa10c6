"""The views can be rebuilt from the events; nothing is sent again by it."""

from tests.notifier.world import World
from tests.support.tables import rows


async def test_a_rebuilt_view_is_the_same_and_sends_nothing(world: World) -> None:
    await world.debtor()
    version = await world.owes(830000)
    await world.request("N-1", version=version)
    await world.request("N-2", version=version, channel="email")
    await world.run()
    files = {path: path.stat().st_mtime_ns for path in world.outbox.rglob("*.*")}
    async with world.service.pool.acquire() as connection:
        before = await rows(connection, "view_notices")
    await world.service.rebuild(lambda *_: None)
    await world.run()
    async with world.service.pool.acquire() as connection:
        assert await rows(connection, "view_notices") == before
    assert {path: path.stat().st_mtime_ns for path in world.outbox.rglob("*.*")} == files
    assert len(await world.published("notifier")) == 2
