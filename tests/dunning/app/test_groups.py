"""Cases grouped for the collectors: by department and by guarantor."""

from datetime import date
from typing import Any

from msgspec.structs import replace

from contracts import billing, ledger
from contracts.words.streams import account_stream, key_of
from services.dunning.domain.codes import earlier_person_code
from services.dunning.domain.contact.events import AccountUpdated
from tests.dunning.app.world import World, local
from tests.support.service_world import CREDITOR

URL = f"/v1/creditors/{CREDITOR}/case-groups"


async def two_cases(world: World) -> None:
    await world.set_up()
    wang = billing.GuarantorPart(name="王担保")
    for account, department in (("P-1", "营业部"), ("P-2", "东关店")):
        await world.knows("张三", account, department=department, guarantors=(wang,))
        await world.owes(100, date(2026, 3, 3), account=account, item=f"I-{account}")
    await world.run_until(local(3, 5, 12))


async def groups(world: World, by: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.get(URL, by=by)).json()["groups"]
    return found


async def test_cases_are_grouped_by_department(world: World) -> None:
    await two_cases(world)
    assert [(g["name"], g["cases"]) for g in await groups(world, "department")] == [
        ("东关店", 1),
        ("营业部", 1),
    ]
    listed = (await world.get("/v1/cases", department="东关店")).json()["items"]
    assert [case["account"] for case in listed] == ["P-2"]


async def test_cases_are_grouped_by_guarantor_whose_name_is_sealed(world: World) -> None:
    await two_cases(world)
    (group,) = await groups(world, "guarantor")
    assert (group["name"], group["cases"]) == ("王担保", 2)
    assert "王担保" not in group["key"]
    listed = (await world.get("/v1/cases", guarantor=group["key"])).json()["items"]
    assert sorted(case["account"] for case in listed) == ["P-1", "P-2"]


async def test_a_guarantor_kept_under_a_code_of_earlier_is_the_same_one(world: World) -> None:
    await two_cases(world)
    stream = account_stream(CREDITOR, "P-1")
    told = [one.event for one in await world.service.events(stream)]
    (updated,) = [event for event in told if isinstance(event, AccountUpdated)]
    before = replace(updated, guarantors=(earlier_person_code("王担保"),))
    await world.service.execute(
        key_of(CREDITOR, "P-1"), [stream], lambda work: work.append(stream, [before])
    )
    (group,) = await groups(world, "guarantor")
    assert (group["name"], group["cases"]) == ("王担保", 2)
    listed = (await world.get("/v1/cases", guarantor=group["key"])).json()["items"]
    assert sorted(case["account"] for case in listed) == ["P-1", "P-2"]


async def test_guarantor_of_erased_debtors_groups_nothing(world: World) -> None:
    await two_cases(world)
    for account in ("P-1", "P-2"):
        await world.tell(ledger.AccountErasureConfirmed(account_id=account), account)
    assert [(g["key"], g["name"]) for g in await groups(world, "guarantor")] == [(None, None)]
