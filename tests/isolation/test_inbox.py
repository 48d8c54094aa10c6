"""What one creditor sends, under whatever id, stops no message of another."""

import asyncpg

from chassis.bus.base import Outgoing as BusMessage
from chassis.bus.base import lane_of
from chassis.bus.embedded import EmbeddedBus
from chassis.runtime.batch import OTHER_BODY
from chassis.runtime.instance import Instance
from chassis.store import inbox
from chassis.store.letter_actions import Action
from chassis.store.migrate import migrate
from contracts.billing import PaymentReceived
from contracts.codec import BARE, decode, encode
from tests.chassis import toy
from tests.chassis.conftest import OpenToy
from tests.chassis.toy import parked, total

_OLD = """
drop table inbox; create table inbox (id bytea primary key, body bytea not null);
update alembic_version set version_num = 'chassis_0003' where version_num like 'chassis_%'"""

_VERSION = "select version_num from alembic_version where version_num like 'chassis_%'"
_LATER = "alter table inbox add column at timestamptz, add column lane int"
_BACK = "update alembic_version set version_num = $1 where version_num like 'chassis_%'"


def paid(creditor: str, amount: int, identity: str = "pay-1") -> bytes:
    data = PaymentReceived(
        payment_id="P-1",
        account_id="a",
        amount=amount,
        currency="CNY",
        received_at=toy.START,
        method="cash",
    )
    return encode(
        data, id=identity, source="upstream", time=toy.START, creditor=creditor, subject="a"
    )


async def send(bus: EmbeddedBus, creditor: str, *values: bytes) -> None:
    key = f"{creditor}/a".encode()
    lane = lane_of(key, bus.partitions)
    await bus.publish([BusMessage("billing", lane, key, value) for value in values])


async def paid_to(service: Instance, creditor: str) -> int:
    amount: int = (await service.read(f"account-{creditor}/a"))[0].amount
    return amount


async def as_before_the_upgrade(dsn: str, value: bytes) -> None:
    """The store as a version left it that knew messages by source and id alone."""
    message = decode(value, ())
    connection = await asyncpg.connect(dsn, server_settings={"search_path": "toy"})
    try:
        await connection.execute(_OLD)
        row = inbox.id_before(message), BARE.of(message)
        await connection.execute("insert into inbox values ($1, $2)", *row)
    finally:
        await connection.close()


async def upgraded(service: Instance, dsn: str, value: bytes) -> None:
    """The store as the upgrade left it: what was consumed before is known without its creditor."""
    newest = await service.pool.fetchval(_VERSION)
    await as_before_the_upgrade(dsn, value)
    await migrate(dsn, "toy", to=("chassis_0004",))
    await service.pool.execute(_LATER)
    await service.pool.execute(_BACK, newest)  # what else came later is there already
    await service.reset()


async def test_a_guessed_source_and_id_does_not_make_anothers_payment_vanish(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy()
    await send(bus, "villain", paid("villain", 5))
    await service.step()
    await send(bus, "acme", paid("acme", 5), paid("acme", 5))
    await service.step()
    await send(bus, "other", paid("other", 7))
    await service.step()
    assert [await paid_to(service, who) for who in ("villain", "acme", "other")] == [5, 5, 7]
    assert not await parked(service)


async def test_a_payment_handled_before_the_upgrade_and_told_again_counts_once(
    open_toy: OpenToy, bus: EmbeddedBus, database: str
) -> None:
    service = await open_toy()
    await send(bus, "acme", paid("acme", 5))
    await service.step()
    await upgraded(service, database, paid("acme", 5))
    await send(bus, "acme", paid("acme", 5), paid("acme", 3, "pay-2"), paid("acme", 3, "pay-2"))
    await service.step()
    await send(bus, "acme", paid("acme", 5), paid("acme", 6), paid("acme", 4, "pay-3"))
    await service.step()
    assert (await total(service, "a")).amount == 5 + 3 + 4
    assert ["another body" in letter["reason"] for letter in await parked(service)] == [True]


async def test_a_payment_with_an_id_another_creditor_used_before_the_upgrade_is_taken_by_hand(
    open_toy: OpenToy, bus: EmbeddedBus, database: str
) -> None:
    service = await open_toy()
    await upgraded(service, database, paid("villain", 5))
    await send(bus, "acme", paid("acme", 5))
    await service.step()
    (letter,) = await parked(service)
    assert "by another creditor" in letter["reason"]
    assert not await service.parked.retry(letter["id"])  # what nobody looked at stays
    assert await service.parked.retry(letter["id"], Action("retried", "ann", "it is new"))
    await send(bus, "acme", paid("acme", 5), paid("acme", 6))
    await send(bus, "villain", paid("villain", 5))
    await service.step()
    assert await paid_to(service, "acme") == 5
    assert await paid_to(service, "villain") == 0  # it had its effect before the upgrade
    assert [letter["reason"] for letter in await parked(service)] == [OTHER_BODY]


async def test_a_store_without_messages_of_before_asks_nothing_more(open_toy: OpenToy) -> None:
    service = await open_toy()
    assert not service.store.has_inbox_before
    assert await service.pool.fetchval("select to_regclass('inbox_before')") is None
