"""The account's file: costs, abandoned goods, write-offs with their evidence, milestones."""

from datetime import date
from typing import Any

import pytest

from contracts import billing, dunning, ledger
from tests.legal.world import LegalWorld
from tests.support.service_world import ACCOUNT
from tests.support.stored import data_of

BASE = f"/v1/accounts/{ACCOUNT}"
COST = {"number": "R-17", "item": "court_fee", "amount": 5000, "note": "receipt of the court"}
GOODS = {
    "number": "INV-2026-1",
    "place": "Shop 12",
    "entries": [
        {"description": "freezer", "condition": "used", "photos": ["p/1.jpg", "p/2.jpg"]},
        {"description": "chairs", "quantity": 12},
    ],
    "signed_by": [{"name": "Chen", "role": "administration"}, {"name": "Bo", "role": "finance"}],
    "witness": "Ms Lin",
}
STORED = {
    "what": "stored",
    "place": "Cellar 3",
    "keeper": "Mr Hu",
    "signed_by": [{"name": "Chen", "role": "administration"}],
}


async def post(world: LegalWorld, path: str, body: Any, role: str = "manager") -> tuple[int, Any]:
    async with world.client(role) as client:
        answer = await client.post(f"{BASE}/{path}", json=body)
    await world.run()
    return answer.status_code, answer.json()


async def get(world: LegalWorld, path: str, role: str = "manager") -> Any:
    async with world.client(role) as client:
        answer = await client.get(f"{BASE}/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
async def matter(world: LegalWorld) -> LegalWorld:
    """A matter that was opened by a complaint."""
    await world.debtor()
    await world.asks(version=await world.owes(830000))
    await world.run()
    return world


async def test_a_cost_becomes_an_item_that_is_owed_and_counts_once(matter: LegalWorld) -> None:
    status, done = await post(matter, "matter/costs", COST | {"due_on": "2026-03-25"})
    assert (status, done["recorded"]) == (201, True)
    _, again = await post(matter, "matter/costs", COST | {"due_on": "2026-03-25"})
    assert again["recorded"] is False
    costs = [m.data for m in await matter.published("legal") if m.type.endswith("incurred.v1")]
    assert [(c.item_id, c.item, c.amount, c.due_on) for c in costs] == [
        ("cost:R-17", "court_fee", 5000, date(2026, 3, 25))
    ]
    shown = (await get(matter, "matter"))["costs"]
    assert [(one["number"], one["note"]) for one in shown] == [("R-17", "receipt of the court")]
    stored = await matter.service.pool.fetch("select data from events")
    assert not [data for data in data_of(stored) if b"receipt of the court" in data]


async def test_a_receipt_with_another_amount_is_refused(matter: LegalWorld) -> None:
    await post(matter, "matter/costs", COST)
    status, problem = await post(matter, "matter/costs", COST | {"amount": 6000})
    assert status == 409
    assert "R-17 is booked already" in problem["detail"]


async def test_without_a_matter_nothing_can_cost(world: LegalWorld) -> None:
    await world.run()
    status, problem = await post(world, "matter/costs", COST)
    assert status == 409
    assert "no matter runs" in problem["detail"]


async def test_goods_are_listed_signed_and_stored_with_the_file(matter: LegalWorld) -> None:
    assert (await post(matter, "inventories", GOODS, "administration"))[0] == 201
    moved = await post(matter, "inventories/INV-2026-1/movements", STORED, "administration")
    assert moved[0] == 201
    (shown,) = (await get(matter, "inventories"))["inventories"]
    assert shown["record"]["entries"][0]["photos"] == ["p/1.jpg", "p/2.jpg"]
    assert [one["name"] for one in shown["record"]["signed_by"]] == ["Chen", "Bo"]
    assert [(m["what"], m["record"]["keeper"]) for m in shown["movements"]] == [("stored", "Mr Hu")]
    (hidden,) = (await get(matter, "inventories", "collector"))["inventories"]
    assert (hidden["record"], hidden["entries"]) == (None, 2)
    told = [m.data for m in await matter.published("legal") if "inventory" in m.type]
    assert [(t.inventory_id, t.entries, t.content_hash) for t in told] == [
        ("INV-2026-1", 2, shown["content_hash"])
    ]


async def test_another_list_under_the_same_number_is_refused(matter: LegalWorld) -> None:
    await post(matter, "inventories", GOODS)
    assert (await post(matter, "inventories", GOODS))[1]["recorded"] is False
    assert (await post(matter, "inventories", GOODS | {"place": "Shop 13"}))[0] == 409


async def test_goods_of_no_inventory_are_not_moved(matter: LegalWorld) -> None:
    assert (await post(matter, "inventories/none/movements", STORED))[0] == 404


async def test_nobody_but_who_keeps_the_goods_lists_them(matter: LegalWorld) -> None:
    assert (await post(matter, "inventories", GOODS, "collector"))[0] == 403
    assert (await post(matter, "matter/costs", COST, "administration"))[0] == 403


async def test_an_inventory_without_signature_is_refused(matter: LegalWorld) -> None:
    status, problem = await post(matter, "inventories", GOODS | {"signed_by": []})
    assert status == 422
    assert "signed_by" in str(problem)


async def test_tasks_of_the_file_are_noted_and_others_are_not(matter: LegalWorld) -> None:
    for number, kind in enumerate(("inventory", "phone_call", "storage")):
        done = dunning.TaskCompleted(
            task_id=f"t{number}", account_id=ACCOUNT, case_id="C-1", kind=kind, result="done"
        )
        await matter.publish(done)
    whole = dunning.TaskCompleted(task_id="t9", kind="inventory", result="done")
    await matter.publish(whole, "*")
    await matter.run()
    tasks = (await get(matter, "inventories"))["tasks"]
    assert [(one["task_id"], one["kind"]) for one in tasks] == [
        ("t0", "inventory"),
        ("t2", "storage"),
    ]


async def test_a_write_off_lists_its_evidence_and_what_came_in_afterwards(
    matter: LegalWorld,
) -> None:
    await post(matter, "matter/progress", {"step": "judgment", "day": "2026-03-10"})
    await post(matter, "inventories", GOODS)
    approved = {"account_id": ACCOUNT, "case_id": "C-1", "approval_id": "a1", "item_ids": ["INV-1"]}
    await matter.publish(dunning.WriteOffApproved.model_validate(approved))
    await matter.run()
    recovered = ledger.RecoveryBooked(
        account_id=ACCOUNT, ledger_version=9, as_of=date(2026, 6, 1), item_id="INV-1",
        payment_id="P-9", amount=700, currency="CNY",
    )  # fmt: skip
    await matter.publish(recovered)
    await matter.run()
    shown = await get(matter, "write-offs")
    (given_up,) = shown["write_offs"]
    assert given_up["evidence"] == [
        "complaint L-1 of 2026-03-10",
        "judgment of 2026-03-10",
        "inventory INV-2026-1 of 2026-03-10, 2 entries",
    ]
    assert (shown["recovered"], shown["recoveries"][0]["payment_id"]) == (700, "P-9")


async def test_milestones_run_from_referred_to_closed(matter: LegalWorld) -> None:
    for step in ("filed", "hearing", "frozen", "seized", "settled", "enforced"):
        await post(matter, "matter/progress", {"step": step})
    assert (await post(matter, "matter/closing", {"reason": "withdrawn"}, "finance"))[0] == 403
    assert (await post(matter, "matter/closing", {"reason": "withdrawn"}))[0] == 201
    assert (await post(matter, "matter/closing", {"reason": "withdrawn"}))[0] == 409
    shown = (await get(matter, "matter"))["milestones"]
    assert [one["milestone"] for one in shown] == [
        "referred", "filed", "hearing", "frozen", "seized", "settled", "enforced", "closed",
    ]  # fmt: skip
    assert shown[-1]["reason"] == "withdrawn"


async def test_a_debtors_guarantor_is_named_whatever_comes_first(world: LegalWorld) -> None:
    guarantors = [{"name": "李担保", "phone": "13800138001"}]
    only = {"account_id": ACCOUNT, "guarantors": guarantors}
    await world.publish(billing.AccountUpserted.model_validate(only))
    await world.debtor()
    await world.asks(version=await world.owes(830000))
    await world.run()
    text = next((world.documents / "acme").rglob("complaint-L-1.txt")).read_text()
    assert "被告（保证人）：李担保（联系电话：13800138001）" in text
    assert "判令保证人对上述款项承担保证责任" in text
    assert "张三丰" in text
