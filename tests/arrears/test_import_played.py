"""An import played through the real services tells how many items were overdue and how late."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from arrears.billing_import.mapping import ImportMap, read_map
from arrears.billing_import.play import Lateness, play
from arrears.billing_import.rows import InvoiceRow

ISSUED = date(2026, 1, 1)
DUE = date(2026, 1, 31)


@pytest.fixture
def mapping(tmp_path: Path) -> ImportMap:
    path = tmp_path / "map.yaml"
    path.write_text(
        "creditor: acme\ncolumns: {customer: c, invoice: i, issued: s, due: d, amount: a}\n"
    )
    return read_map(path)


def row(number: int, days_late: int | None, *, disputed: bool = False) -> InvoiceRow:
    settled = None if days_late is None else DUE + timedelta(days=days_late)
    return InvoiceRow(
        line=number + 1,
        customer=f"C-{number % 2}",
        name="C",
        invoice=f"I-{number}",
        issued=ISSUED,
        due=DUE,
        amount=1000,
        disputed=disputed,
        settled=settled,
    )


async def test_days_late_are_those_of_the_items_that_were_ever_overdue(mapping: ImportMap) -> None:
    late = [row(1, 1), row(2, 4), row(3, 20), row(4, None)]
    in_time = [row(5, 0), row(6, -10)]
    disputed = [row(7, 15, disputed=True), row(8, -3, disputed=True)]
    told = await play([*late, *in_time, *disputed], mapping, date(2026, 3, 2))
    assert told.refused == []
    assert sorted(told.days_late) == [1, 4, 20, 30]
    assert told.median == "12"
    assert told.items == 8
    assert told.still_overdue == 1
    assert (told.disputed, told.disputed_paid_late) == (2, 1)


async def test_what_happens_after_the_last_day_is_left_out(mapping: ImportMap) -> None:
    told = await play([row(1, 40)], mapping, DUE + timedelta(days=10))
    assert told.days_late == [10]
    assert told.still_overdue == 1


async def test_an_import_without_rows_was_never_late(mapping: ImportMap) -> None:
    told = await play([], mapping, DUE)
    assert (told.items, told.days_late, told.median) == (0, [], "0")


def test_an_item_that_is_reopened_is_late_until_it_is_settled_again() -> None:
    told = Lateness(date(2026, 3, 1))
    for kind, day in (("overdue", 2), ("settled", 5), ("reopened", 6), ("settled", 9)):
        data = {"item_id": "I", "due_on": "2026-02-01", "as_of": f"2026-02-{day:02}"}
        told.hear({"type": f"ledger.item.{kind}.v1", "data": data})
    assert told.days_late == [8]
