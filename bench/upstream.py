"""Upstream in a process of its own, so that what it costs is no part of what is measured.

It publishes billing messages at an even pace, takes note of restorations, and measures bare hops:
one record published with acks=all, read, and one row committed. A task comes as a line of JSON on
its input, the answer is a line on its output. An instant is in seconds of the epoch.

Run by `Upstream`: `python -m bench.upstream BOOTSTRAP DSN`.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from bench.debtors import PARTITIONS, Kind, debtor_of_account, message
from chassis.bus.base import Outgoing

WAIT_SECONDS_MAX = 120.0
_LINE_BYTES_MAX = 16 << 20
_HOPS = "bare-hop"
_REQUESTS = "dunning"
_RESTORATION = b'"dunning.restoration.requested.v1"'
_SCHEMA = "create table if not exists noted (at timestamptz not null default now(), what text)"
_NOTE = "insert into noted (what) values ($1)"


class Publish(msgspec.Struct, tag=True, frozen=True):
    """Publish a message of each of so many debtors, at so many a second or, with 0, as fast as it
    goes; answers when each was published.
    """

    kind: Kind
    creditor: str
    first: int
    number: int
    per_second: float = 0.0


class Pay(msgspec.Struct, tag=True, frozen=True):
    """The same with the payments of debtors whose services are restricted; answers the seconds from
    each payment to the restoration that was read and noted.
    """

    creditor: str
    first: int
    number: int
    per_second: float


class Hop(msgspec.Struct, tag=True, frozen=True):
    """So many bare hops at so many a second; answers the seconds of each."""

    number: int
    per_second: float


Task = Publish | Pay | Hop


class Upstream:
    """The process as the measuring one sees it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    @asynccontextmanager
    async def open(cls, bootstrap: str, dsn: str) -> AsyncIterator["Upstream"]:
        """Yield a running one, which notes what it has read in a database of its own."""
        command = (sys.executable, "-m", "bench.upstream", bootstrap, dsn)
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LINE_BYTES_MAX,
        )
        try:
            yield cls(process)
        finally:
            await process.communicate(b"")  # the end of its input is its end

    async def do(self, task: Task) -> list[float]:
        """Have a task done; its answer."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("upstream has no input and output")
        stdin.write(msgspec.json.encode(task) + b"\n")
        line = await stdout.readline()
        if not line:
            raise RuntimeError("upstream ended")
        return msgspec.json.decode(line, type=list[float])


class _Process:
    def __init__(
        self, bootstrap: str, producer: AIOKafkaProducer, connection: asyncpg.Connection
    ) -> None:
        self._bootstrap = bootstrap
        self._producer = producer
        self._connection = connection

    async def do(self, task: Task) -> list[float]:
        """Do a task; returns its answer."""
        if isinstance(task, Publish):
            debtors = range(task.first, task.first + task.number)
            messages = [message(task.kind, task.creditor, debtor) for debtor in debtors]
            return await self._publish(messages, task.per_second)
        return await (self._pay(task) if isinstance(task, Pay) else self._hop(task))

    async def _publish(self, messages: Sequence[Outgoing], per_second: float) -> list[float]:
        """Publish at an even pace; returns when each was handed to the client, once the broker has
        all of them.
        """
        at, sent, began = [], [], time.monotonic()
        for number, each in enumerate(messages):
            if per_second:
                await asyncio.sleep(began + number / per_second - time.monotonic())
            at.append(time.time())
            sent.append(await self._send(each.topic, each.value, each.key, each.partition))
        await asyncio.gather(*sent)
        return at

    async def _send(
        self, topic: str, value: bytes, key: bytes | None = None, partition: int = 0
    ) -> Awaitable[Any]:
        sent: Awaitable[Any] = await self._producer.send(topic, value, key=key, partition=partition)
        return sent

    async def _pay(self, task: Pay) -> list[float]:
        debtors = range(task.first, task.first + task.number)
        messages = [message("payment", task.creditor, debtor) for debtor in debtors]
        async with _reading(self._bootstrap, _REQUESTS, PARTITIONS) as consumer:
            noted = asyncio.create_task(self._note_restorations(consumer, {*debtors}))
            paid = await self._publish(messages, task.per_second)
            async with asyncio.timeout(WAIT_SECONDS_MAX):
                restored = await noted
        return [restored[debtor] - at for debtor, at in zip(debtors, paid, strict=True)]

    async def _note_restorations(
        self, consumer: AIOKafkaConsumer, wanted: set[int]
    ) -> Mapping[int, float]:
        found: dict[int, float] = {}
        while wanted - found.keys():
            record = await consumer.getone()
            if _RESTORATION in record.value:
                account = orjson.loads(record.value)["subject"]
                await self._note(account)
                found[debtor_of_account(account)] = time.time()
        return found

    async def _hop(self, task: Hop) -> list[float]:
        await _create_topic(self._bootstrap, _HOPS)
        seconds = []
        async with _reading(self._bootstrap, _HOPS, 1) as consumer:
            began = time.monotonic()
            for number in range(task.number):
                await asyncio.sleep(began + number / task.per_second - time.monotonic())
                at = time.monotonic()
                sent = await self._send(_HOPS, b"{}")
                record = await consumer.getone()
                await self._note(record.value.decode())
                seconds.append(time.monotonic() - at)
                await sent
        return seconds

    async def _note(self, what: str) -> None:
        await self._connection.execute(_NOTE, what)


@asynccontextmanager
async def _reading(bootstrap: str, topic: str, partitions: int) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of what comes from now on."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        places = [TopicPartition(topic, each) for each in range(partitions)]
        consumer.assign(places)
        for place, end in (await consumer.end_offsets(places)).items():
            consumer.seek(place, end)
        yield consumer
    finally:
        await consumer.stop()


async def _create_topic(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        if topic not in await admin.list_topics():
            await admin.create_topics([NewTopic(topic, 1, replication_factor=1)])
    finally:
        await admin.close()


async def _run(bootstrap: str, dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(_SCHEMA)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    decode: Callable[[bytes], Task] = msgspec.json.Decoder(Task).decode
    async with producer:
        process = _Process(bootstrap, producer, connection)
        while line := await asyncio.to_thread(sys.stdin.buffer.readline):
            answer = await process.do(decode(line))
            sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
            sys.stdout.buffer.flush()
    await connection.close()


if __name__ == "__main__":
    asyncio.run(_run(*sys.argv[1:]))
