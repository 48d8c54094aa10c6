"""From a request to a document in the folder, and what others are told of it."""

import hashlib
from datetime import UTC, date, datetime, timedelta

from contracts import dunning, ledger
from contracts.words.streams import Subject
from tests.legal.world import LegalWorld
from tests.support.service_world import ACCOUNT, CREDITOR
from tests.support.stored import data_of


async def test_a_requested_document_is_drawn_up_filed_and_told(world: LegalWorld) -> None:
    await world.debtor()
    await world.asks(version=await world.owes(830000))
    await world.run()
    text = (world.documents / "acme/2026-03-10/complaint-L-1.txt").read_text()
    for wanted in ("民事起诉状", "张三丰", "青山县人民医院", "8,300.00", "河东路18号", "INV-1"):
        assert wanted in text
    opened, issued = await world.published("legal")
    assert opened.type == "legal.matter.opened.v1"
    assert issued.type == "legal.document.issued.v1"
    assert issued.data.matter_id == opened.data.matter_id
    assert (issued.data.document, issued.data.total) == ("complaint", 830000)
    assert issued.data.content_hash == hashlib.sha256(text.encode()).hexdigest()


async def test_the_same_request_twice_makes_one_document(world: LegalWorld) -> None:
    await world.debtor()
    version = await world.owes(830000)
    await world.asks(version=version)
    await world.run()
    await world.asks(version=version)
    await world.run()
    assert await world.told() == ["matter.opened.v1", "document.issued.v1"]


async def test_a_second_document_belongs_to_the_same_matter(world: LegalWorld) -> None:
    await world.debtor()
    version = await world.owes(830000)
    await world.asks(version=version, document="lawyer_letter")
    await world.asks("L-2", version=version)
    await world.run()
    kinds = await world.told()
    assert kinds == ["matter.opened.v1", "document.issued.v1", "document.issued.v1"]


async def test_after_payment_no_document_is_issued(world: LegalWorld) -> None:
    await world.debtor()
    version = await world.owes(830000)
    await world.owes(0)
    await world.asks(version=version)
    await world.run()
    assert await world.told() == []
    async with world.client("legal") as client:
        (row,) = (await client.get("/v1/documents")).json()["items"]
    assert (row["state"], row["reason"]) == ("refused", "cleared")


async def test_a_document_waits_for_the_figures_it_was_decided_on(world: LegalWorld) -> None:
    await world.debtor()
    await world.owes(0)
    await world.asks(version=2)
    await world.run()
    assert await world.told() == []
    await world.owes(700000)
    await world.run()
    issued = (await world.published("legal"))[-1]
    assert issued.data.total == 700000


async def test_figures_that_never_come_are_those_of_the_decision(world: LegalWorld) -> None:
    await world.debtor()
    await world.asks(version=9)
    await world.run(world.clock.now() + timedelta(minutes=30))
    issued = (await world.published("legal"))[-1]
    assert issued.data.total == 830000


async def test_a_document_waits_for_a_debtor_that_is_not_known_yet(world: LegalWorld) -> None:
    await world.asks(version=await world.owes(830000))
    await world.run()
    assert await world.told() == []
    await world.debtor()
    await world.run()
    assert "document.issued.v1" in await world.told()


async def test_without_a_debtor_the_request_is_refused_after_a_day(world: LegalWorld) -> None:
    await world.asks(version=await world.owes(830000))
    await world.run(world.clock.now() + timedelta(hours=26))
    async with world.client("legal") as client:
        (row,) = (await client.get("/v1/documents")).json()["items"]
    assert (row["state"], row["reason"]) == ("refused", "no_debtor")


async def test_a_file_lost_before_it_was_recorded_is_written_again(world: LegalWorld) -> None:
    await world.debtor()
    await world.asks(version=await world.owes(830000))
    await world.service.step()
    async with world.service.pool.acquire() as connection:
        assert await connection.fetchval("select count(*) from view_documents where to_file") == 1
    path = world.documents / "acme/2026-03-10/complaint-L-1.txt"
    path.parent.mkdir(parents=True)
    path.write_text("half of it")
    await world.run()
    assert "8,300.00" in path.read_text()
    assert [one.name for one in path.parent.glob("*.txt")] == [path.name]
    assert not [*path.parent.glob(".*")]


async def test_a_closed_case_closes_the_matter_and_a_new_one_opens_another(
    world: LegalWorld,
) -> None:
    await world.debtor()
    version = await world.owes(830000)
    await world.asks(version=version)
    await world.run()
    await world.case_closes()
    await world.asks("L-2", version=version, case_id="C-2")
    await world.run()
    published = await world.published("legal")
    ids = [one.data.matter_id for one in published if one.type == "legal.matter.opened.v1"]
    assert ids == ["P-1.m1", "P-1.m2"]
    assert [one.data.reason for one in published if "closed" in one.type] == ["cleared"]


async def test_a_document_that_still_waits_when_its_case_closes_is_refused(
    world: LegalWorld,
) -> None:
    await world.asks(version=await world.owes(830000))
    await world.run()
    await world.case_closes()
    await world.debtor()
    await world.run()
    assert await world.told() == []


async def test_an_approved_write_off_reaches_the_ledger_once(world: LegalWorld) -> None:
    data = {
        "account_id": ACCOUNT,
        "case_id": "C-1",
        "approval_id": "A-1",
        "item_ids": ["INV-1"],
        "amount": 830000,
    }
    for _ in range(2):
        await world.publish(dunning.WriteOffApproved.model_validate(data))
    await world.run()
    (told,) = await world.published("legal")
    assert told.type == "legal.debt.written_off.v1"
    assert (told.data.approval_id, told.data.item_ids) == ("A-1", ("INV-1",))


async def test_an_erased_debtor_leaves_no_document(world: LegalWorld) -> None:
    await world.debtor(id_number="510104199001011234")
    await world.asks(version=await world.owes(830000))
    await world.run()
    await world.publish(ledger.AccountErasureConfirmed(account_id=ACCOUNT))
    await world.run()
    assert not [path for path in world.documents.rglob("*") if path.is_file()]
    async with world.client("legal") as client:
        shown = (await client.get("/v1/documents/L-1")).json()
    assert (shown["text"], shown["total"]) == (None, 830000)
    keys = await world.service.keys([Subject(CREDITOR, ACCOUNT)])
    assert keys.is_erased(Subject(CREDITOR, ACCOUNT))
    stored = await world.service.pool.fetch(
        "select data from events union all select data from state"
    )
    for planted in ("张三丰", "510104199001011234", "河东路"):
        assert not [data for data in data_of(stored) if planted.encode() in data]


async def test_only_lawyers_and_managers_read_documents(world: LegalWorld) -> None:
    await world.debtor()
    await world.asks(version=await world.owes(830000))
    await world.run()
    async with world.client("finance") as client:
        assert (await client.get("/v1/documents/L-1")).json()["text"] is None
    async with world.client("manager") as client:
        assert "张三丰" in (await client.get("/v1/documents/L-1")).json()["text"]


async def test_an_instant_after_midnight_is_already_the_next_local_day(world: LegalWorld) -> None:
    await world.debtor()
    version = await world.owes(830000)
    world.clock.set(datetime(2026, 3, 10, 16, 30, tzinfo=UTC))
    await world.asks(version=version)
    await world.run()
    assert (world.documents / "acme/2026-03-11/complaint-L-1.txt").exists()


async def test_what_never_is_overdue_leaves_nothing(world: LegalWorld) -> None:
    await world.debtor()
    await world.owes(830000, due=date(2099, 1, 1), overdue=False)
    await world.owes(0, due=date(2099, 1, 1))
    await world.run()
    kinds = await world.service.pool.fetch("select type from events where stream like 'matter%'")
    assert [row["type"] for row in kinds] == ["debtor_upserted"]


async def test_what_fell_due_and_was_paid_before_the_ledger_called_it_overdue_is_cleared(
    world: LegalWorld,
) -> None:
    await world.debtor()
    version = await world.owes(830000, overdue=False, due=date(2099, 1, 1))
    await world.owes(0)
    await world.asks(version=version)
    await world.run()
    async with world.client("legal") as client:
        (row,) = (await client.get("/v1/documents")).json()["items"]
    assert (row["state"], row["reason"]) == ("refused", "cleared")
