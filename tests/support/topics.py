"""The topics of a system on the tests' broker."""

import asyncio

from aiokafka.admin import AIOKafkaAdminClient

from contracts.registry import TOPICS


async def delete_topics(bootstrap: str) -> None:
    """The topics' names are fixed: leave the broker as if nobody had been there."""
    names = set(TOPICS)
    names |= {f"{name}.dlq" for name in names}
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        if there := names & set(await admin.list_topics()):
            await admin.delete_topics(sorted(there))
        while names & set(await admin.list_topics()):
            await asyncio.sleep(0.05)
    finally:
        await admin.close()
