"""The topics of a service on its bus: made when missing, and known again by their identity."""

import asyncpg

from chassis.bus.base import Bus
from chassis.errors import Misconfigured
from chassis.runtime.blueprint import Blueprint

_KNOWN_TOPIC = """
insert into topics as t (topic, topic_id) values ($1, $2)
on conflict (topic) do update set topic_id = t.topic_id returning topic_id"""


async def know_topics(pool: "asyncpg.Pool[asyncpg.Record]", bus: Bus, blueprint: Blueprint) -> None:
    """Make the topics that are missing; raises `Misconfigured` for one that is another than the
    one the service read before.
    """
    reads = blueprint.reads
    await bus.ensure_topics([*reads, *blueprint.writes, *(f"{topic}.dlq" for topic in reads)])
    for topic, found in (await bus.topic_ids(reads)).items():
        known = await pool.fetchval(_KNOWN_TOPIC, topic, found)
        if known != found:
            raise Misconfigured(
                f"topic {topic} is not the one {blueprint.name} read before: it was deleted and "
                "created again, and its offsets mean something else now"
            )
