"""Payments are matched with what the ledger has; told again they change nothing, nor do returns."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from arrears.billing_import.entries import Entry, Said
from arrears.billing_import.events import happenings
from arrears.billing_import.known import Known
from arrears.billing_import.live import ask
from arrears.billing_import.mapping import ImportMap, read_map
from arrears.billing_import.matching import Matched, match
from arrears.billing_import.play import send_messages, set_up_creditor
from arrears.billing_import.rows import CreditRow, InvoiceRow
from arrears.simulation import Action
from arrears.world import World, one_lane, open_world
from chassis.settings import Settings

DAY = date(2026, 3, 2)
START = datetime(2026, 3, 2, 2, tzinfo=UTC)


@pytest.fixture
def mapping(tmp_path: Path) -> ImportMap:
    path = tmp_path / "map.yaml"
    path.write_text("creditor: acme\ncurrency: CNY\n")
    return read_map(path)


def entry(payment: str, *, is_return: bool = False) -> Entry:
    said = Said(texts=("RE-2026-0440",))
    return Entry(payment, payment, DAY, 5000, said, is_return=is_return)


ENTRIES = [entry("B:1"), entry("B:2", is_return=True)]


async def invoice(world: World, mapping: ImportMap) -> None:
    row = InvoiceRow(2, "K1", "K1", "RE-2026-0440", DAY, DAY, 8000, disputed=False, settled=None)
    part = InvoiceRow(3, "K2", "K2", "I-2", DAY, DAY, 8000, disputed=False, settled=None, open=3000)
    credit = CreditRow(4, "K2", "K2", "G-1", DAY, 1000)
    assert await send_messages(world.apis, happenings([row, part, credit], mapping)) == []


async def statement(world: World, mapping: ImportMap, told: list[Matched]) -> None:
    known = Known(is_told=True)
    await ask(world.apis, "acme", known)
    told.append(match(ENTRIES, known, mapping))
    assert await send_messages(world.apis, told[-1].played) == []


async def played(world: World, mapping: ImportMap, told: list[Matched]) -> dict[str, Any]:
    """Invoices, then one statement twice; returns what the two accounts owe."""

    def inputs() -> Iterator[tuple[datetime, Action]]:
        yield START, partial(invoice, world, mapping)
        yield START + timedelta(days=1), partial(statement, world, mapping, told)
        yield START + timedelta(days=1, hours=1), partial(statement, world, mapping, told)

    await world.begin(START - timedelta(days=1))
    await set_up_creditor(world.apis, mapping)
    await world.simulation().play(inputs(), START + timedelta(days=2))
    items = await world.apis.get("ledger", "/v1/creditors/acme/open-items")
    return {item["account_id"]: (item["amount"], item["principal"]) for item in items["items"]}


async def test_a_statement_imported_twice_is_known_the_second_time(
    tmp_path: Path, mapping: ImportMap
) -> None:
    told: list[Matched] = []

    async with open_world(one_lane(Settings()), tmp_path) as world:
        owed = await played(world, mapping, told)
    first, second = told
    assert (first.payments, first.returns, first.unmatched) == (1, 1, [])
    assert (second.played, second.unmatched) == ([], [])
    assert len(second.before) == 2
    assert owed == {"K1": (8000, 8000), "K2": (8000, 2000)}
