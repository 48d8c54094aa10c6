"""A direct-debit run as finance sees it, and the file the bank gets."""

import csv
from datetime import date
from typing import Any

import pytest

from contracts import billing, ledger
from tests.dunning.app.world import World, local
from tests.support.service_world import CREDITOR

RUNS = f"/v1/creditors/{CREDITOR}/direct-debits"
RUN = f"{RUNS}/2026-03-10"


async def _run(world: World) -> None:
    """Three accounts owe and two of them have a mandate; the bank was asked on 10 March."""
    await world.set_up("property-fees")
    await world.knows("=张三", account="P-1", mandate="M-1")
    await world.knows("李四", account="P-2", mandate="M-2")
    await world.knows("王五", account="P-3")
    for number in (1, 2, 3):
        await world.owes(
            1000 * number, date(2026, 3, 20), account=f"P-{number}", item=f"I-{number}"
        )
    await world.run_until(local(3, 10))


async def _file(world: World) -> list[dict[str, str]]:
    answer = await world.get(RUN, "finance", format="csv")
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(answer.content.decode("utf-8").splitlines()))


async def _requests(world: World) -> dict[str, dict[str, Any]]:
    answer = await world.get(RUN, "finance")
    assert answer.status_code == 200, answer.text
    return {one["account"]: one for one in answer.json()["requests"]}


async def test_the_bank_gets_every_mandate_with_what_it_is_asked_for(world: World) -> None:
    await _run(world)
    rows = await _file(world)
    assert [(r["mandate"], r["debtor"], r["account"], r["amount"]) for r in rows] == [
        ("M-1", "=张三", "P-1", "10.00"),
        ("M-2", "李四", "P-2", "20.00"),
    ]
    assert {(r["currency"], r["collect_on"]) for r in rows} == {("CNY", "2026-03-10")}
    told = [m.data for m in await world.published("dunning") if "direct_debit" in m.type]
    assert {r["request_id"] for r in rows} == {one.request_id for one in told}


async def test_the_banks_file_says_its_format(world: World) -> None:
    await _run(world)
    described = (await world.get(RUN, "finance")).json()["file"]
    answer = await world.get(RUN, "finance", format="csv")
    assert answer.headers["content-type"] == described["media_type"]
    header = answer.content.split(b"\r\n")[0].decode(described["encoding"].split()[0])
    assert header.split(",") == [column["name"] for column in described["columns"]]
    assert {row["format"] for row in await _file(world)} == {described["format"]}


@pytest.mark.parametrize(("currency", "shown"), [("JPY", "1000"), ("KWD", "1.000")])
async def test_amounts_have_the_decimals_of_their_currency(
    world: World, currency: str, shown: str
) -> None:
    await world.set_up("property-fees", currency=currency)
    await world.knows("张三", account="P-1", mandate="M-1")
    await world.owes(1000, date(2026, 3, 20), currency=currency)
    await world.run_until(local(3, 10))
    (row,) = await _file(world)
    assert (row["amount"], row["currency"]) == (shown, currency)


async def test_what_the_bank_answered_is_not_asked_again(world: World) -> None:
    await _run(world)
    await world.pays(1000, item="I-1", method="direct_debit")
    await world.tell(billing.DirectDebitFailed(account_id="P-2", reason="no_funds"), "P-2")
    assert await _file(world) == []
    requests = await _requests(world)
    assert (requests["P-1"]["state"], requests["P-1"]["payment_id"]) == ("paid", "PAY-1")
    assert (requests["P-2"]["state"], requests["P-2"]["reason"]) == ("failed", "no_funds")
    (run,) = (await world.get(RUNS, "finance")).json()["runs"]
    assert (run["requests"], run["amount"], run["waiting"]) == (2, 3000, 0)


async def _mandates(world: World) -> dict[str, Any]:
    return {account: one["mandate"] for account, one in (await _requests(world)).items()}


async def test_an_empty_mandate_withdraws_it(world: World) -> None:
    await _run(world)
    await world.tell(billing.AccountUpserted(account_id="P-1", mandate=""), "P-1")
    assert await _mandates(world) == {"P-1": None, "P-2": "M-2"}
    assert [row["account"] for row in await _file(world)] == ["P-2"]
    tasks = (await world.get("/v1/tasks", "finance", account="P-1")).json()["items"]
    assert [(task["kind"], task["owner"]) for task in tasks] == [("reconcile", "finance")]


async def test_a_mandate_the_bank_refused_stays_refused_until_a_new_one_comes(world: World) -> None:
    await _run(world)
    await world.tell(billing.DirectDebitFailed(account_id="P-1", reason="MD01"), "P-1")
    await world.tell(billing.AccountUpserted(account_id="P-1", mandate="M-1", segment="a"), "P-1")
    await world.run_until(local(3, 20))
    assert await _mandates(world) == {"P-1": None, "P-2": "M-2"}
    await world.tell(billing.AccountUpserted(account_id="P-1", mandate="M-7"), "P-1")
    await world.run_until(local(4, 10))
    later = (await world.get(f"{RUNS}/2026-04-10", "finance")).json()["requests"]
    assert [(one["account"], one["mandate"], one["amount"]) for one in later] == [
        ("P-1", "M-7", 1000)
    ]


async def test_an_answer_to_another_request_changes_nothing_of_the_run(world: World) -> None:
    await _run(world)
    asked = (await _requests(world))["P-1"]["request_id"]
    await world.tell(billing.DirectDebitFailed(account_id="P-3", request_id=asked), "P-3")
    assert (await _requests(world))["P-1"]["state"] == "requested"


async def test_an_erased_debtor_is_in_no_file(world: World) -> None:
    await _run(world)
    await world.tell(ledger.AccountErasureConfirmed(account_id="P-1"), "P-1")
    assert [row["account"] for row in await _file(world)] == ["P-2"]
    assert (await _requests(world))["P-1"]["mandate"] is None


async def test_finance_of_the_creditor_alone_sees_mandates(world: World) -> None:
    await _run(world)
    for role in ("collector", "legal", "auditor", "upstream"):
        assert [(await world.get(path, role)).status_code for path in (RUNS, RUN)] == [403, 403]
    headers = world.headers("finance", creditors=["other"])
    assert (await world.http.get(RUN, headers=headers)).status_code == 403
    assert (await world.get(f"{RUNS}/2026-03-11", "finance")).status_code == 404
