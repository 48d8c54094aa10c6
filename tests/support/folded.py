"""What a service keeps is what its events make."""

from chassis.runtime.instance import Instance
from chassis.store.comparing import streams


async def folds_alike(service: Instance) -> None:
    """Nothing is found by who verifies, and nothing comes out different of who rebuilds."""
    async with service.pool.acquire() as connection:
        compared = [one async for one in streams(connection, service.store.aggregates, "")]
    assert [one.damage for one in compared] == [[]], service.name
    rebuilt = await service.rebuild(lambda _done, _total: None)
    assert rebuilt.different == (), service.name
    assert rebuilt.events
