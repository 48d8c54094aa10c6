"""What others would take instead: Kafka Streams, exactly once, over the same topic.

`kafka_streams/Balances.java` keeps the balance of each account and writes one outcome record for
each event. Its jars come through Maven, `javac` compiles it.
"""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from bench.sides import Side
from chassis.errors import Misconfigured
from chassis.servers import jars

HOME = Path(__file__).with_name("kafka_streams")
_PROGRAM = "Balances"
_HEAP = "-Xmx1g"


def unavailable() -> str | None:
    """Why it cannot be measured here, in a few words; None when it can."""
    if shutil.which("javac") is None:
        return "javac is missing (install openjdk-17-jdk-headless)"
    return jars.unavailable(HOME)


async def side(bootstrap: str, topic: str, partitions: int, events: int, threads: int) -> Side:
    """The program with so many threads, under a name of its own."""
    classpath = await asyncio.to_thread(compiled)
    folder = Path(tempfile.mkdtemp(prefix="arrears-bench-streams-"))
    name = folder.name
    arguments = (bootstrap, topic, name, str(events), str(threads), str(folder), name)

    async def before() -> None:
        await _administer(bootstrap, name, partitions)

    async def after() -> None:
        await _delete_topics(bootstrap, name)
        shutil.rmtree(folder)

    return Side([["java", _HEAP, "-cp", classpath, _PROGRAM, *arguments]], before, after)


def compiled() -> str:
    """The class path of the compiled program; raises `Misconfigured` where that cannot be."""
    reason = unavailable()
    if reason is not None:
        raise Misconfigured(f"no Kafka Streams here: {reason}")
    lib, classes = jars.fetch(HOME), HOME / "classes"
    command = ["javac", "-cp", f"{lib}/*", "-d", str(classes), str(HOME / f"{_PROGRAM}.java")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Misconfigured(f"javac refuses {_PROGRAM}.java: {done.stderr.strip()}")
    return f"{classes}:{lib}/*"


async def _administer(bootstrap: str, topic: str, partitions: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, partitions, replication_factor=1)])
    finally:
        await admin.close()


async def _delete_topics(bootstrap: str, name: str) -> None:
    """The outcomes and the changelog."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        topics: Sequence[str] = await admin.list_topics()
        await admin.delete_topics([topic for topic in topics if topic.startswith(name)])
    finally:
        await admin.close()
