"""Money in notices: the overdue total of that day, with its late fee."""

from datetime import date

import pytest

from contracts.words.late_fee import Accrual
from services.dunning.domain.case.commands import Reassess
from services.dunning.domain.case.events import LegalRequested
from services.dunning.domain.contact.events import NoticeRequested
from services.dunning.domain.money.commands import UpdateItems
from services.dunning.domain.money.state import Item
from tests.dunning.domain.packs import COURT, LETTER, SMS, braced, pack, steps
from tests.dunning.domain.world import World

ACCRUAL = Accrual(
    through=date(2026, 6, 11), accrued="50.005", per_day="50.005", cap=10000, settled=0
)


def item(item_id: str, principal: int, due: date, accrual: Accrual | None = None) -> Item:
    return Item(
        item_id=item_id,
        item="property_fee",
        amount=principal,
        principal=principal,
        due_on=due,
        original_due_on=due,
        issued_on=date(2026, 6, 1),
        accrual=accrual,
    )


@pytest.fixture
def world() -> World:
    """An item with a late fee from 11 June, one without from the 20th, one not yet due."""
    body = steps(
        f"day: 1 | {braced(SMS)}", f"day: 15 | {braced(LETTER)}", f"day: 16 | {braced(COURT)}"
    )
    world = World(pack(body))
    items = (
        item("A1", 100010, date(2026, 6, 10), ACCRUAL),
        item("A2", 5000, date(2026, 6, 20)),
        item("A3", 7000, date(2026, 8, 1)),
    )
    update = UpdateItems(ledger_version=1, as_of=world.today, currency="CNY", items=items)
    world.do(update)
    world.to("2026-06-11").do(Reassess())
    return world


def test_a_notice_shows_principal_and_the_late_fee_of_its_day(world: World) -> None:
    world.to("2026-06-12")
    world.to("2026-06-26")
    figures = world.of(NoticeRequested)[-1].variables
    # 15 days of 50.005 make 750.075, rounded half-up when shown
    assert (figures.principal, figures.late_fee, figures.total) == (105010, 750, 105760)
    assert [(i.item_id, i.late_fee) for i in figures.items] == [("A1", 750), ("A2", 0)]
    assert figures.oldest_due_on == date(2026, 6, 10)
    assert figures.currency == "CNY"


def test_a_document_carries_the_ledger_version_it_was_decided_on(world: World) -> None:
    world.to("2026-06-27")
    document = world.of(LegalRequested)[0]
    assert (document.ledger_version, document.total) == (1, 105010 + 800)


def test_an_unpaid_late_fee_alone_keeps_an_item_overdue(world: World) -> None:
    world.to("2026-06-15")
    left = item("A1", 0, date(2026, 6, 10), ACCRUAL)
    paid = UpdateItems(ledger_version=2, as_of=world.today, currency="CNY", items=(left,))
    world.do(paid)
    assert world.case_state() == "open"
    assert world.to("2026-06-26").steps()[-1] == "s2 06-25"


def test_a_settled_late_fee_closes_it(world: World) -> None:
    world.to("2026-06-15")
    accrual = Accrual(
        through=date(2026, 6, 15), accrued="250.025", per_day="0", cap=10000, settled=250
    )
    left = item("A1", 0, date(2026, 6, 10), accrual)
    paid = UpdateItems(ledger_version=2, as_of=world.today, currency="CNY", items=(left,))
    world.do(paid)
    assert world.case_state() == "closed"


def test_the_figures_hold_no_personal_data(world: World) -> None:
    world.to("2026-06-12")
    fields = set(type(world.of(NoticeRequested)[0].variables).__struct_fields__)
    assert fields == {
        "as_of",
        "currency",
        "principal",
        "late_fee",
        "total",
        "oldest_due_on",
        "items",
    }
