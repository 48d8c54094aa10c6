"""The world scenarios are played in: on the embedded bus, or on Kafka."""

import contextlib
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient

from arrears.prefixed_bus import PrefixedBus
from arrears.temporary import temporary_folder
from arrears.world import World, open_world
from chassis.bus.kafka_security import security
from chassis.servers.kafka import LocalKafka
from chassis.settings import Settings


@contextlib.asynccontextmanager
async def open_scenario_world(settings: Settings, bus: str) -> AsyncIterator[World]:
    """Yield a world on the bus named: `embedded`, or `kafka`.

    Kafka is the broker that the settings name; where they name none, one is started for as long as
    the world lasts.
    """
    async with contextlib.AsyncExitStack() as exits:
        folder = exits.enter_context(temporary_folder())
        if bus == "embedded":
            settings = settings.model_copy(update={"bus": "embedded"})
            yield await exits.enter_async_context(open_world(settings, folder))
            return
        bootstrap = await _broker(settings, folder, exits)
        settings = settings.model_copy(update={"bus": "kafka", "kafka_bootstrap": bootstrap})
        prefix = f"scenario-{secrets.token_hex(4)}."
        exits.push_async_callback(_delete_topics, settings, prefix)
        world = open_world(settings, folder, lambda bus: PrefixedBus(bus, prefix))
        yield await exits.enter_async_context(world)


async def _broker(settings: Settings, folder: Path, exits: contextlib.AsyncExitStack) -> str:
    if "kafka_bootstrap" in settings.model_fields_set:
        return settings.kafka_bootstrap
    return await exits.enter_async_context(LocalKafka(folder / "kafka"))


async def _delete_topics(settings: Settings, prefix: str) -> None:
    """Leave the broker as it was found."""
    secured = security(settings)
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap, **secured)
    await admin.start()
    try:
        topics = [name for name in await admin.list_topics() if name.startswith(prefix)]
        if topics:
            await admin.delete_topics(topics)
    finally:
        await admin.close()
