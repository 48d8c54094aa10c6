"""The key-encryption key of a store is changed while its instances work."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from chassis import postgres
from chassis.bus.embedded import EmbeddedBus
from chassis.errors import Misconfigured
from chassis.runtime.instance import Instance, no_probe
from chassis.store.rotating import Rotation, counted
from chassis.store.wrapping import key_id
from contracts.words.streams import Subject
from tests.chassis import toy
from tests.chassis.conftest import OpenToy

OLD, NEW, THIRD = b"o" * 32, b"n" * 32, b"t" * 32
LEASE_SECONDS = 1.0


def said(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


ONE, BOTH = {"kek": said(OLD)}, {"kek": said(OLD), "kek_next": said(NEW)}
_OF_BEFORE = """
insert into members (instance, seen_at, leaving)
values ('before', now() + interval '1 hour', true)"""


class Cut(Exception):
    """The rotation ends here, as when its process is killed."""


@asynccontextmanager
async def rotation(
    dsn: str, old: bytes = OLD, new: bytes = NEW, probe: Callable[[str], None] = no_probe
) -> AsyncIterator[Rotation]:
    connection = await postgres.connect(dsn, server_settings={"search_path": "toy"})
    try:
        yield Rotation(connection, "toy", old, new, LEASE_SECONDS, probe)
    finally:
        await connection.close()


async def pay(bus: EmbeddedBus, service: Instance, *accounts: str) -> None:
    for number, account in enumerate(accounts):
        await toy.send(bus, account, toy.payment(number, account, 5, collected_by="Zhang"))
    await service.step()


async def seal(service: Instance, account: str) -> bytes:
    async with service.pool.acquire() as connection:
        keys = await service.store.keys(connection, [Subject("acme", account)])
        return keys.seal(Subject("acme", account), "Zhang", "note")


async def opened(service: Instance, account: str, sealed: bytes) -> Any:
    async with service.pool.acquire() as connection:
        keys = await service.store.keys(connection, [Subject("acme", account)])
        return keys.open(Subject("acme", account), sealed, "note")


async def reads(service: Instance, *accounts: str) -> set[Any]:
    """What the instance opens of some debtors."""
    async with service.pool.acquire() as connection:
        keys = await service.store.keys(connection, [Subject("acme", one) for one in accounts])
        wanted = [Subject("acme", one) for one in accounts]
        return {
            keys.open(one, keys.seal(one, "Zhang", "note"), "note") for one in wanted if one in keys
        }


async def turning(*services: Instance) -> None:
    """Instances look at their lanes again and again, as they do when they run."""
    while True:
        for service in services:
            await service.leases.refresh()
        await asyncio.sleep(0.02)


@asynccontextmanager
async def at_work(*services: Instance) -> AsyncIterator[None]:
    task = asyncio.create_task(turning(*services))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_the_key_is_changed_under_two_instances_at_work(
    open_toy: OpenToy, bus: EmbeddedBus, database: str
) -> None:
    first = await open_toy(settings=BOTH)
    await pay(bus, first, "a", "b")
    second = await open_toy(settings=BOTH)
    sealed = await seal(first, "a")
    name = first.store.pseudonym("Zhang")
    await first.pool.execute("update subject_keys set wrapped = null where account = 'b'")
    async with at_work(first, second), rotation(database) as work:
        assert await work.run() == 1  # the erased one has none
        assert await counted(work.connection) == {key_id(NEW).hex(): 1}
        assert await work.run() == 0
    await pay(bus, first, "c")
    assert await reads(second, "a", "c") == {"Zhang"}
    async with rotation(database) as work:
        assert set(await counted(work.connection)) == {key_id(NEW).hex()}
    alone = await open_toy(settings={"kek": said(NEW)})
    assert await reads(alone, "a", "b", "c") == {"Zhang", None}
    assert await opened(alone, "a", sealed) == "Zhang"
    assert alone.store.pseudonym("Zhang") == name
    with pytest.raises(Misconfigured, match="is not the one the toy store is sealed with"):
        await open_toy(settings=ONE)


async def test_pseudonyms_stay_over_two_changes(
    open_toy: OpenToy, bus: EmbeddedBus, database: str
) -> None:
    first = await open_toy(settings=BOTH)
    await pay(bus, first, "a")
    name = first.store.pseudonym("Zhang")
    await first.leases.leave()
    for old, new in ((OLD, NEW), (NEW, THIRD)):
        async with rotation(database, old, new) as work:
            assert await work.run() == 1
    last = await open_toy(settings={"kek": said(THIRD)})
    assert last.store.pseudonym("Zhang") == name
    assert await reads(last, "a") == {"Zhang"}


@pytest.mark.parametrize("point", ["frozen", "follows", "portion", "done"])
async def test_a_change_that_was_cut_off_goes_on(
    open_toy: OpenToy, bus: EmbeddedBus, database: str, point: str
) -> None:
    first = await open_toy(settings=BOTH)
    await pay(bus, first, "a", "b")
    await first.leases.leave()

    def cut(reached: str) -> None:
        if reached == f"rotate.{point}":
            raise Cut

    async with rotation(database, probe=cut) as work:
        with pytest.raises(Cut):
            await work.run()
    between = await open_toy(settings=BOTH)  # instances start and work at each of the points
    await pay(bus, between, "c")
    assert await reads(between, "a", "b", "c") == {"Zhang"}
    if point in {"follows", "portion"}:
        with pytest.raises(Misconfigured, match="ARREARS_KEK_NEXT"):
            await open_toy(settings=ONE)
    async with at_work(between), rotation(database) as work:
        await work.run()
        assert await counted(work.connection) == {key_id(NEW).hex(): 3}
    assert await reads(await open_toy(settings={"kek": said(NEW)}), "a", "c") == {"Zhang"}


async def test_no_key_comes_in_that_an_instance_lacks(
    open_toy: OpenToy, bus: EmbeddedBus, database: str
) -> None:
    first = await open_toy(settings=BOTH)
    await pay(bus, first, "a")
    late = await open_toy(settings=ONE)
    await late.leases.refresh()
    async with rotation(database) as work:
        with pytest.raises(Misconfigured, match=r"instance toy-1 of toy does not have the next"):
            await work.run()
        await late.leases.leave()
        await work.connection.execute(_OF_BEFORE)
        with pytest.raises(Misconfigured, match="instance before of toy"):
            await work.run()
    async with rotation(database, THIRD, NEW) as work:
        with pytest.raises(Misconfigured, match="another key-encryption key"):
            await work.run()


async def test_keys_name_theirs_once_every_instance_reads_that(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy(settings=ONE)
    await service.pool.execute(_OF_BEFORE)
    await pay(bus, service, "a")
    assert await counted(service.pool) == {"": 1}
    await service.pool.execute("delete from members where instance = 'before'")
    await service.leases.refresh()
    await pay(bus, service, "b")
    assert await counted(service.pool) == {"": 1, key_id(OLD).hex(): 1}


async def test_a_wrapped_key_opens_for_its_own_debtor_alone(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy(settings=ONE)
    await service.leases.refresh()
    await pay(bus, service, "a", "b")
    await service.pool.execute(
        "update subject_keys set wrapped = (select wrapped from subject_keys where account = 'a')"
    )
    with pytest.raises(Misconfigured, match="does not open the key of acme/b"):
        await reads(service, "b")
