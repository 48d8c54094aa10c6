"""What every bus does when its server goes away and comes back."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence

import pytest

from chassis.bus.base import Bus, Outgoing, Reader, Record
from chassis.errors import Transient
from tests.chassis.bus.suite import numbered, read, read_from_start, values


class Server(ABC):
    """A server of the test's own, to be taken down and up again."""

    @abstractmethod
    async def up(self) -> Bus:
        """Start it on its old data; returns a client, started only the first time."""

    @abstractmethod
    async def down(self) -> None:
        """Stop it."""


class OutageConformance:
    """Subclasses give a fixture `server`."""

    async def test_an_outage_surfaces_and_everything_goes_on_after_it(self, server: Server) -> None:
        bus = await server.up()
        await bus.ensure_topics(["kept"])
        await bus.publish(numbered("kept", 0, range(5)))
        reader = await bus.reader({("kept", 0): 3})
        assert values(await read(reader, 2)) == [b"3", b"4"]

        await server.down()
        with pytest.raises(Transient):
            await bus.publish(numbered("kept", 0, [5]))
        with pytest.raises(Transient):
            await bus.end_offsets(["kept"])

        await server.up()
        await _publish_stubbornly(bus, numbered("kept", 0, [5, 6]))
        assert values(await _read_stubbornly(reader, 2))[-2:] == [b"5", b"6"]
        await reader.close()
        everything = values(await read_from_start(bus, "kept"))
        assert everything[:5] == [b"0", b"1", b"2", b"3", b"4"]
        assert everything[-2:] == [b"5", b"6"]


async def _publish_stubbornly(bus: Bus, messages: Sequence[Outgoing]) -> None:
    for _ in range(20):
        try:
            return await bus.publish(messages)
        except Transient:
            await asyncio.sleep(0.5)
    return await bus.publish(messages)


async def _read_stubbornly(reader: Reader, count: int) -> list[Record]:
    records: list[Record] = []
    for _ in range(60):
        try:
            records += await reader.fetch(100, 1)
        except Transient:
            await asyncio.sleep(0.5)
        if len(records) >= count:
            break
    return records
