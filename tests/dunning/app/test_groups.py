"""Cases grouped for the collectors: by department and by guarantor."""

from datetime import date
from typing import Any

from contracts import billing
from tests.dunning.app.conftest import CREDITOR, Desk, local

URL = f"/v1/creditors/{CREDITOR}/case-groups"


async def two_cases(desk: Desk) -> None:
    await desk.set_up()
    wang = billing.GuarantorPart(name="王担保")
    for account, department in (("P-1", "营业部"), ("P-2", "东关店")):
        await desk.knows("张三", account, department=department, guarantors=(wang,))
        await desk.owes(100, date(2026, 3, 3), account=account, item=f"I-{account}")
    await desk.run_until(local(3, 5, 12))


async def groups(desk: Desk, by: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await desk.get(URL, by=by)).json()["groups"]
    return found


async def test_cases_are_grouped_by_department(desk: Desk) -> None:
    await two_cases(desk)
    assert [(g["name"], g["cases"]) for g in await groups(desk, "department")] == [
        ("东关店", 1),
        ("营业部", 1),
    ]
    listed = (await desk.get("/v1/cases", department="东关店")).json()["items"]
    assert [case["account"] for case in listed] == ["P-2"]


async def test_cases_are_grouped_by_guarantor_whose_name_is_sealed(desk: Desk) -> None:
    await two_cases(desk)
    (group,) = await groups(desk, "guarantor")
    assert (group["name"], group["cases"]) == ("王担保", 2)
    assert "王担保" not in group["key"]
    listed = (await desk.get("/v1/cases", guarantor=group["key"])).json()["items"]
    assert [case["account"] for case in listed] == ["P-1", "P-2"]


async def test_guarantor_of_erased_debtors_groups_nothing(desk: Desk) -> None:
    await two_cases(desk)
    for account in ("P-1", "P-2"):
        await desk.tell(billing.AccountErased(account_id=account), account)
    assert [(g["key"], g["name"]) for g in await groups(desk, "guarantor")] == [(None, None)]
