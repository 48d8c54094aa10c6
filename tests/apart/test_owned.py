"""Lanes move where a role owns the ledger and another one serves it: what was written once comes
along unchanged, and still nobody who serves changes it.
"""
# ruff: noqa: S608 - statements of ours

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from arrears import moving_lanes
from arrears.databases import Databases
from arrears.roles import owner_of, role_of, statements
from arrears.schemas import migrate
from chassis.bus.embedded import EmbeddedBus
from chassis.settings import Settings
from chassis.store.chaining import Chaining
from contracts import billing
from contracts.registry import TOPICS
from tests.apart.conftest import PARTITIONS, Apart, accounts_in, lane_of_account
from tests.support.databases import execute
from tests.support.verified import damage

ACCOUNTS = [account for lane in range(PARTITIONS) for account in accounts_in(lane, 1)]
MOVED = 1
(ACCOUNT,) = accounts_in(MOVED, 1)
STREAM = f"account-acme/{ACCOUNT}"


def _as(dsn: str, role: str) -> str:
    parts = urlsplit(dsn)
    return urlunsplit(parts._replace(netloc=f"{role}@{parts.netloc.rpartition('@')[2]}"))


class Owned(Apart):
    """Whose instances serve what others own; the bus is a superuser's."""

    def settings(self, where: int) -> Settings:
        """For commands that need the owner."""
        return Settings(
            ledger_database_url=self.dsns[where],
            ledger_owner_database_url=_as(self.dsns[where], owner_of("ledger")),
            data_dir=self.folder,
            lease_seconds=2,
        )

    async def lay_out(self, where: int) -> None:
        """What `arrears migrate` does with both URLs."""
        owner = self.settings(where).ledger_owner_database_url
        assert owner is not None
        await migrate(Databases({"ledger": self.dsns[where]}, None, {"ledger": owner}))

    async def move(self, *lanes: int, back: bool = False) -> None:
        here, there = (1, 0) if back else (0, 1)
        to = _as(self.dsns[there], owner_of("ledger"))
        await moving_lanes.move(self.settings(here), "ledger", lanes, to)
        await self.lay_out(there)

    async def pay(self, account: str, amount: int) -> None:
        """Money that nothing is owed for yet."""
        self.told[account] += 1
        data = billing.PaymentReceived(
            payment_id=f"P-{next(self.numbers)}",
            account_id=account,
            amount=amount,
            currency="CNY",
            received_at=datetime(2026, 1, 5, tzinfo=UTC),
            method="cash",
        )
        await self._publish(data, account, lane_of_account(account))

    async def link(self, where: int) -> None:
        """What instances do when nobody waits."""
        for lane in range(PARTITIONS):
            await Chaining(self.instances[where].pool, lambda: 0.0).link(lane)

    async def verify(self, where: int, *, anew: bool = False) -> list[str]:
        place = self.folder / f"{where}.json"
        return await damage(self.settings(where), ["ledger"], place, anew=anew)


@pytest.fixture
async def owned(database: str, second_database: str, tmp_path: Path) -> AsyncIterator[Owned]:
    for dsn in (database, second_database):
        await execute(dsn, statements(["ledger"], ["ledger"]))
    bus = EmbeddedBus(database, partitions=PARTITIONS)
    roles = _as(database, role_of("ledger")), _as(second_database, role_of("ledger"))
    world = Owned(roles, bus, tmp_path)
    await world.lay_out(0)
    await migrate(Databases({}, database))
    await bus.start()
    try:
        await bus.ensure_topics(TOPICS)
        await world.open(0)
        await world.terms()
        yield world
    finally:
        await world.stop()
        await bus.stop()


async def test_what_was_written_once_moves_and_holds_at_both_ends(
    owned: Owned, database: str
) -> None:
    first = owned.instances[0]
    for account in ACCOUNTS:
        await owned.invoice(account, 7)
    await owned.pay(ACCOUNT, 500)
    await owned.until_done()
    assert (await owned.ask(first, ACCOUNT)).status_code == 200
    proposed = await ask_back(owned, 0, ACCOUNT)
    await owned.link(0)
    assert await owned.verify(0) == []

    await owned.move(MOVED)
    second = await owned.open(1)
    await owned.invoice(ACCOUNT, 3)
    await owned.until_done()
    assert (await owned.ask(second, ACCOUNT)).status_code == 200
    assert await owned.rows(1, "select number from event_chain where lane = $1", MOVED)
    (said,) = await owned.verify(0)
    assert f"lane {MOVED}: link 1, seen before, went to " in said
    assert [await owned.verify(0, anew=True), await owned.verify(1)] == [[], []]
    await refuses(owned, 1)
    async with owned.client(second, "bob") as bob:
        path = f"/v1/proposals/{proposed['proposal_id']}/decision"
        answer = await bob.post(path, json={"outcome": "approved"})
    assert (answer.status_code, answer.json()["state"]) == (201, "approved")

    await owned.move(MOVED, back=True)
    assert await owned.held(1) == set()
    assert [await owned.verify(0), await owned.verify(1, anew=True)] == [[], []]
    await refuses(owned, 0)
    await owned.until_done()
    await execute(
        database,
        "set session_replication_role = 'replica'; "
        f"update ledger.events set cause = 'x' where stream = '{STREAM}' and version = 1",
    )
    (said,) = await owned.verify(0)
    assert f"stream {STREAM}" in said


async def ask_back(owned: Owned, where: int, account: str) -> Any:
    async with asyncio.timeout(30), owned.client(owned.instances[where], "eve") as eve:
        answer = await eve.post(f"/v1/accounts/{account}/refunds", json={"amount": 400})
        assert answer.status_code == 201, answer.text
        return answer.json()["proposal"]


async def refuses(owned: Owned, where: int) -> None:
    """Who serves changes nothing of it there."""
    async with owned.instances[where].pool.acquire() as connection:
        await connection.execute("set arrears.removal = 'on'")
        for table in ("events", "event_chain", "access_records"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(f"delete from {table}")
