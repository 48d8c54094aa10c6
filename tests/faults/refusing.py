"""What no service may guess about: topics that lost records, or are others than before. F14.

Nothing comes back from these by itself, so they are tried last.
"""

import asyncio
from collections.abc import Awaitable, Callable

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.structs import TopicPartition

from tests.faults.running import Fault, Running
from tests.faults.watching import LANES, end_offsets

_LONG_ENOUGH = 20.0
_STAND = """
select (select count(*) from {s}.events), (select sum(next_offset) from {s}.offsets)"""


async def _refuses(run: Running, service: str, change: Callable[[], Awaitable[None]]) -> None:
    """Change the bus under a service that is stopped: it must not go on when it is started."""
    process = run.system.instances[service]
    process.wanted = False
    await process.stop()
    async with run.connected() as connection:
        before = tuple(await connection.fetchrow(_STAND.format(s=service)))
    await change()
    process.start()
    await asyncio.sleep(_LONG_ENOUGH)
    went_on = await process.is_ready()
    await process.kill()
    async with run.connected() as connection:
        after = tuple(await connection.fetchrow(_STAND.format(s=service)))
    assert not went_on, f"{service} says that it is ready"
    assert before == after, f"{service} went on from {before} to {after}"


async def trimmed(run: Running) -> None:
    """Retention was shorter than the time for which a service stood still."""

    async def change() -> None:
        await run.system.next_ticks(2, 1)
        ends = await end_offsets(run.system.broker.bootstrap, ["billing"])
        last = {TopicPartition(*at): RecordsToDelete(end) for at, end in ends.items()}
        await _ask(run, lambda admin: admin.delete_records(last))

    await _refuses(run, "notifier", change)


async def more_partitions(run: Running) -> None:
    """Twice the partitions: accounts would have their messages in two lanes."""
    new = {"ledger": NewPartitions(2 * LANES)}
    await _refuses(run, "legal", lambda: _ask(run, lambda admin: admin.create_partitions(new)))


async def made_again(run: Running) -> None:
    """A topic was deleted and made again: its offsets begin anew."""

    async def change() -> None:
        await _ask(run, lambda admin: admin.delete_topics(["dunning"]))
        await asyncio.sleep(2)
        new = [NewTopic("dunning", LANES, 1)]
        await _ask(run, lambda admin: admin.create_topics(new))

    await _refuses(run, "ledger", change)


async def _ask(run: Running, what: "Callable[[AIOKafkaAdminClient], Awaitable[object]]") -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=run.system.broker.bootstrap)
    await admin.start()
    try:
        await what(admin)
    finally:
        await admin.close()


LAST = (
    Fault("F14", "retention shorter than a service stood still", trimmed),
    Fault("F14", "a topic gets more partitions", more_partitions),
    Fault("F14", "a topic is deleted and made again", made_again),
)
