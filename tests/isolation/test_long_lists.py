"""A list of any length reaches those who listen, in messages the bus takes, and has its whole
effect with them.
"""

from datetime import date

import pytest

from chassis.errors import Rejected
from chassis.owed.amounts import OwedItem as Claimed
from contracts import ledger
from services.dunning.domain.agreements.events import DisputeOpened, DisputeResolved
from services.dunning.domain.case.events import LegalRequested
from services.dunning.domain.money.commands import RecordPayment
from services.dunning.domain.money.events import PaymentRecorded, WriteOffApproved
from services.dunning.domain.money.state import MoneyPart, OwedItem
from services.dunning.publish import publish as tell_of_dunning
from services.ledger import asked
from services.ledger.domain import commands as c
from services.ledger.domain.events import AccountEvent
from services.ledger.domain.state import Account, Balance, Item, pack
from services.ledger.publish import publish as tell_of_ledger
from services.legal.domain import commands as legal_commands
from services.legal.domain import events as legal_events
from services.legal.domain.decide import decide as decide_matter
from services.legal.domain.evolve import evolve as evolve_matter
from services.legal.domain.state import initial_matter
from tests.dunning.domain.packs import SIMPLE
from tests.dunning.domain.world import World
from tests.ledger.account_book import Book, terms
from tests.support.published import told

DAY = date(2026, 3, 2)
ITEMS = 2100
STREAM = "account-acme/A"


def item_id(number: int) -> str:
    return f"{number:0128d}"


def ids() -> tuple[str, ...]:
    return tuple(item_id(number) for number in range(ITEMS))


def book_with_items() -> Book:
    book = Book(terms(), lazy=True)
    items = [Item(one, "fee", 10, 10, DAY, DAY, DAY, seq) for seq, one in enumerate(ids())]
    sums = Balance(principal=10 * ITEMS, currency="CNY")
    book.account = Account(terms=book.terms, open=pack(items), opened=ITEMS, balance=sums)
    return book


def told_of(
    event: AccountEvent, kind: type[ledger.PaymentAllocated]
) -> list[ledger.PaymentAllocated]:
    messages = told(tell_of_ledger, "ledger", STREAM, event)
    return [message.data for message in messages if message.type == kind.TYPE]


def test_a_payment_over_2100_items_is_told_in_parts_that_say_where_all_of_it_went() -> None:
    (event,) = book_with_items().pay(DAY, "P", ITEMS * 10)
    parts = told_of(event, ledger.PaymentAllocated)
    assert [part.part for part in parts] == list(range(len(parts)))
    assert [bool(part.more) for part in parts] == [True] * (len(parts) - 1) + [False]
    assert [one.item_id for part in parts for one in part.parts] == list(ids())
    assert {part.amount for part in parts} == {ITEMS * 10}


def test_a_payment_told_in_parts_counts_once_and_with_all_of_them() -> None:
    world = World(SIMPLE)
    shares = tuple(MoneyPart(item_id=f"I-{number}", amount=10) for number in range(6))

    def tell(part: int, *, more: bool) -> None:
        share = shares[2 * part : 2 * part + 2]
        world.do(
            RecordPayment(
                payment_id="P", amount=60, received_at=world.now, parts=share, more=more, part=part
            )
        )

    tell(0, more=True)
    tell(1, more=True)
    assert world.of(PaymentRecorded) == []
    tell(1, more=True)
    assert world.state().allocating == {"P": (shares[:2], shares[2:4])}
    tell(2, more=False)
    assert len(world.of(PaymentRecorded)) == 1
    assert world.state().allocating == {}


def test_the_end_of_a_payment_whose_beginning_is_missing_is_not_acted_on() -> None:
    world = World(SIMPLE)
    with pytest.raises(Rejected, match="payment P: part 1 came without part 0"):
        world.do(RecordPayment(payment_id="P", amount=1, received_at=world.now, part=1))


def test_a_dispute_over_2100_items_is_decided_over_all_of_them_at_once() -> None:
    book = book_with_items()
    opened = DisputeOpened(dispute_id="d", kind="objection", item_ids=ids(), reason=b"")
    for message in told(tell_of_dunning, "dunning", STREAM, opened):
        book.do(DAY, c.DisputeItems(message.data.dispute_id, tuple(message.data.item_ids)))
    assert all(item.disputes == ("d",) for item in book.account.items)
    resolved = DisputeResolved(
        dispute_id="d", outcome="reduced", item_ids=ids(), amount=ITEMS, by="u", reason=b""
    )
    messages = told(tell_of_dunning, "dunning", STREAM, resolved)
    assert len(messages) > 1
    for message in messages:
        command = asked.resolved(message.data)
        if command is not None:
            book.do(DAY, command)
    assert book.principal() == ITEMS
    assert not any(item.disputes for item in book.account.items)


def test_a_document_over_2100_items_is_asked_for_when_all_of_them_are_known() -> None:
    owed = tuple(
        OwedItem(item_id=one, item="fee", due_on=DAY, principal=1, late_fee=0) for one in ids()
    )
    event = LegalRequested(
        request_id="r",
        on=DAY,
        document="lawyer_letter",
        ledger_version=1,
        currency="CNY",
        principal=ITEMS,
        late_fee=0,
        total=ITEMS,
        items=owed,
        case_id="k",
        policy="p",
        policy_version=1,
        step="s",
        reason="asked for",
    )
    matter = initial_matter("matter-acme/A")
    for message in told(tell_of_dunning, "dunning", STREAM, event):
        command = legal_commands.RequestDocument(
            legal_events.DocumentRequested(
                request_id="r",
                document=message.data.document,
                case_id="k",
                ledger_version=1,
                requested_at=message.time,
                currency="CNY",
                principal=ITEMS,
                late_fee=0,
                total=ITEMS,
                items=tuple(
                    Claimed(one.item_id, one.item, one.due_on, one.principal, one.late_fee)
                    for one in message.data.items
                ),
            ),
            more=bool(message.data.more),
            part=message.data.part,
        )
        assert not matter.pending
        for _ in range(2):  # told twice
            for one in decide_matter(matter, command):
                matter = evolve_matter(matter, one)
    assert [one.item_id for one in matter.pending["r"].items] == list(ids())
    assert not matter.claims


def test_a_write_off_of_2100_items_gives_all_of_them_up() -> None:
    event = WriteOffApproved(
        item_ids=ids(), approval_id="x", case_id="k", policy="p", policy_version=1
    )
    messages = told(tell_of_dunning, "dunning", STREAM, event)
    matter = initial_matter("matter-acme/A")
    passed_on: list[str] = []
    for message in messages:
        approved = legal_events.DebtWrittenOff(
            "x", tuple(message.data.item_ids), None, "k", "approved", part=message.data.part
        )
        for one in decide_matter(matter, legal_commands.WriteOff(approved)):
            matter = evolve_matter(matter, one)
            passed_on += approved.item_ids
    assert passed_on == list(ids())
