"""A batch is applied once, whatever comes in."""

from chassis.bus.base import lane_of
from chassis.bus.embedded import EmbeddedBus
from chassis.clock import SimulatedClock
from chassis.runtime.instance import Instance
from chassis.runtime.outgoing import Outgoing, to_bus
from chassis.store.store import Store
from chassis.store.stored import Stored
from chassis.store.wrapping import master_key
from contracts.codec import decode
from contracts.ledger import AccountCleared
from contracts.words.streams import Subject
from tests.chassis import toy
from tests.chassis.conftest import OpenToy
from tests.chassis.toy import parked, total
from tests.support.dump import dump
from tests.support.tables import rows


async def test_messages_are_applied_and_published(open_toy: OpenToy, bus: EmbeddedBus) -> None:
    service = await open_toy()
    await toy.send(bus, "a", toy.payment(1, "a", 5), toy.payment(2, "a", 7))
    await toy.send(bus, "b", toy.payment(3, "b", 1))
    assert await service.step() > 0
    assert (await total(service, "a")).amount == 12
    assert (await total(service, "b")).amount == 1
    assert sum((await bus.end_offsets(["ledger"])).values()) == 3
    assert await service.step() == 0


async def test_a_duplicate_has_no_effect_in_the_same_batch_and_in_a_later_one(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy()
    await toy.send(bus, "a", toy.payment(1, "a", 5), toy.payment(1, "a", 5))
    await service.step()
    await toy.send(bus, "a", toy.payment(1, "a", 5), toy.payment(2, "a", 7))
    await service.step()
    assert (await total(service, "a")).amount == 12
    assert not await parked(service)


def test_copies_to_every_lane_are_messages_of_their_own() -> None:
    stored = Stored("account-acme/a", 1, "Added", toy.START, None, None, 0, 1)
    data = AccountCleared(account_id="a", ledger_version=1, as_of=toy.TODAY)
    copies = to_bus(
        Outgoing(data, "acme", "a", lanes="every"),
        stored=stored,
        number=0,
        service="toy",
        epoch="e",
        partitions=2,
    )
    assert [copy.partition for copy in copies] == [0, 1]
    assert len({decode(copy.value, copy.headers).id for copy in copies}) == 2


async def test_erasing_a_debtor_leaves_sums_and_destroys_what_was_sealed(
    open_toy: OpenToy, bus: EmbeddedBus, database: str
) -> None:
    service = await open_toy()
    await toy.send(
        bus, "a", toy.payment(1, "a", 5, collected_by="Zhang Planted"), b"not json Zhang Planted"
    )
    await service.step()
    subject = Subject("acme", "a")
    sealed = (await total(service, "a")).note
    assert (await service.keys([subject])).open(subject, sealed, "note") == {"by": "Zhang Planted"}
    assert "Planted" in await dump(database)
    await toy.send(bus, "a", toy.erased("x-2", "a"))
    while await service.step():
        pass
    assert (await service.keys([subject])).open(subject, sealed, "note") is None
    assert (await total(service, "a")).amount == 5
    assert "Planted" not in await dump(database)


async def test_a_wake_up_fires_when_its_instant_comes(
    open_toy: OpenToy, bus: EmbeddedBus, clock: SimulatedClock
) -> None:
    service = await open_toy(strict=True)
    await toy.send(bus, "a", toy.payment(1, "a", 5))
    await service.step()
    due = await service.next_wake()
    assert due is not None
    assert (await total(service, "a")).wake_at == due
    clock.set(due)
    assert await service.step() > 0
    assert (await total(service, "a")).wake_at is None
    assert await service.next_wake() is None


async def test_rebuilt_tables_are_byte_identical(open_toy: OpenToy, bus: EmbeddedBus) -> None:
    service = await open_toy()
    for number in range(40):
        account = f"a{number % 7}"
        await toy.send(bus, account, toy.payment(number, account, number + 1000))
    await service.step()
    async with service.pool.acquire() as connection:
        before = [await rows(connection, table) for table in ("state", "view_totals")]
    assert len(before[0]) == 7
    rebuilt = await service.rebuild(lambda _done, _total: None)
    async with service.pool.acquire() as connection:
        after = [await rows(connection, table) for table in ("state", "view_totals")]
    assert (before, rebuilt.different, rebuilt.events) == (after, (), 40)


async def test_a_rebuild_mends_a_view_that_went_wrong_and_says_so(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy()
    await toy.send(bus, "a", toy.payment(1, "a", 5))
    await service.step()
    await service.pool.execute("update view_totals set amount = 99")
    assert (await service.rebuild(lambda _done, _total: None)).different == ("view_totals",)
    assert await service.pool.fetchval("select amount from view_totals") == 5
    await toy.send(bus, "a", toy.payment(2, "a", 6))
    await service.step()
    assert await service.pool.fetchval("select amount from view_totals") == 11


async def test_a_view_of_an_earlier_layout_is_made_anew_and_fills_again(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy()
    await toy.send(bus, "a", toy.payment(1, "a", 5))
    await service.step()
    await service.pool.execute("alter table view_totals drop column events")
    await service.pool.execute("comment on table view_totals is 'earlier'")
    await service.projector.prepare()
    for lane in range(bus.partitions):
        await service.projector.project(lane)
    row = await service.pool.fetchrow("select amount, events from view_totals")
    assert tuple(row) == (5, 1)


async def test_a_state_kept_in_memory_gives_way_to_what_another_writer_stored(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy()
    await toy.send(bus, "a", toy.payment(1, "a", 5))
    await service.step()
    await write_elsewhere(service, "account-acme/a")
    await toy.send(bus, "a", toy.payment(2, "a", 7))
    await service.step()
    assert (await total(service, "a")).amount == 112
    assert [stored.version for stored in await service.events("account-acme/a")] == [1, 2, 3]


async def test_a_refusal_is_decided_on_the_present_state_and_not_on_one_kept_in_memory(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy()
    await toy.send(bus, "a", toy.payment(1, "a", toy.REFUSED))  # keeps the empty state
    await service.step()
    await write_elsewhere(service, "account-acme/a")
    await toy.send(bus, "a", toy.payment(2, "a", toy.REFUSED_AS_FIRST))
    await service.step()
    assert (await total(service, "a")).amount == 100 + toy.REFUSED_AS_FIRST


async def write_elsewhere(service: Instance, stream: str) -> None:
    """As another process does: nothing this one keeps is told."""
    other = Store(service.pool, service.store.aggregates.values(), master_key(bytes(32)))
    lane = lane_of(b"acme/a", 2)
    async with service.pool.acquire() as connection, connection.transaction():
        work = await other.load(connection, now=toy.START, lane=lane, streams=[stream])
        work.append(stream, [toy.Added(100, toy.START)])
        await other.save(connection, work)


async def test_a_batch_of_many_slices_counts_each_message_once_and_in_order(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy()
    for number in range(450):  # more than two slices; every 100th comes twice, slices apart
        await toy.send(bus, "a", toy.payment(number, "a", 1))
    for number in range(0, 450, 100):
        await toy.send(bus, "a", toy.payment(number, "a", 1))
    await service.step()
    state = await total(service, "a")
    assert state.amount == 450
    stored = await service.events("account-acme/a")
    assert [one.version for one in stored] == list(range(1, 451))
