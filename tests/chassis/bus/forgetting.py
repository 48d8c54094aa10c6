"""What every bus does when it is to forget a name."""

import pytest

from chassis.bus.base import Bus, Outgoing
from chassis.errors import Transient
from tests.chassis.bus.suite import KEY, PLANTED, numbered, read_from_start, values


class ForgettingConformance:
    """Inherited beside `BusConformance`, which has the fixtures."""

    async def test_forgetting_removes_the_name_and_keeps_the_offsets_of_the_rest(
        self, bus: Bus, topic: str
    ) -> None:
        headers = (("ce_subject", PLANTED),)
        await bus.publish(
            [
                Outgoing(topic, 0, KEY, b'{"name": "' + PLANTED + b'"}', headers),
                Outgoing(topic, 0, KEY, b"again " + PLANTED),
                Outgoing(topic, 0, b"acme/2002", b"somebody else"),
                Outgoing(topic, 0, KEY, b"after the erasure"),
            ]
        )
        await bus.commit_info("ledger", {(topic, 0): 2})
        await bus.forget(topic, 0, KEY, 2, ["ledger"])
        records = await read_from_start(bus, topic)
        for record in records:
            assert PLANTED not in record.value
            assert all(PLANTED not in content for _, content in record.headers)
        assert [(r.offset, r.value) for r in records[-2:]] == [
            (2, b"somebody else"),
            (3, b"after the erasure"),
        ]

    async def test_forgetting_waits_for_every_reader(self, bus: Bus, topic: str) -> None:
        async def forget() -> None:
            await bus.forget(topic, 0, KEY, 3, ["ledger", "dunning"])

        published = [b"0", b"1", b"2", b"3", b"4"]
        await bus.publish(numbered(topic, 0, range(5)))
        await bus.commit_info("ledger", {(topic, 0): 5, (topic, 1): 0})
        with pytest.raises(Transient, match="dunning"):
            await forget()
        await bus.commit_info("dunning", {(topic, 0): 2, (topic, 1): 9})
        with pytest.raises(Transient, match="dunning"):
            await forget()
        assert values(await read_from_start(bus, topic)) == published
        await bus.commit_info("dunning", {(topic, 0): 3})
        await forget()
        left = values(await read_from_start(bus, topic))
        assert left[-2:] == published[-2:]
        assert not set(published[:3]) & set(left)

    async def test_forgetting_twice_is_no_fault(self, bus: Bus, topic: str) -> None:
        await bus.publish(numbered(topic, 0, range(3)))
        await bus.commit_info("ledger", {(topic, 0): 3})
        await bus.forget(topic, 0, KEY, 2, ["ledger"])
        await bus.forget(topic, 0, KEY, 2, ["ledger"])
        assert values(await read_from_start(bus, topic))[-1] == b"2"
