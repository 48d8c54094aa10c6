"""Those who work for a creditor: collectors, the person responsible, approvals of the creditor."""

from datetime import date, timedelta
from typing import Any

from contracts import billing, dunning, ledger
from tests.dunning.app.world import World, local
from tests.support.service_world import CREDITOR
from tests.support.stored import data_of

WHOLE = f"/v1/creditors/{CREDITOR}"
KEEPER, OTHER = "李桂芳", "王志强"


async def _owner(world: World) -> list[str]:
    return [e["fields"]["owner"] for e in await world.timeline() if e["kind"] == "task"]


async def _calls(world: World, **query: Any) -> list[str]:
    answer = await world.get("/v1/tasks", **query)
    return [task["owner"] for task in answer.json()["items"]]


async def _pays(world: World, amount: int, payment_id: str, item: str = "INV-1") -> None:
    """The ledger tells of a payment and what it left of the item."""
    await world.pays(amount, payment_id, item, collected_by="诚远代理行")


async def test_a_work_list_says_what_a_task_asks(world: World) -> None:
    await world.set_up("medical")
    await world.knows("张三")
    await world.owes(10000, date(2026, 3, 10))
    await world.run_until(local(3, 12))
    (task,) = (await world.get("/v1/tasks", owner="finance")).json()["items"]
    assert task["asks"] == [
        "identity",
        "admission number",
        "payable less paid",
        "explained to the patient or the family",
    ]


class TestResponsible:
    async def test_a_task_names_them_and_their_work_list_shows_it(self, world: World) -> None:
        await world.set_up("post-office")
        await world.knows("张三", responsible=KEEPER)
        await world.owes(10000, date(2026, 3, 10))
        await world.run_until(local(3, 12))
        assert await _owner(world) == [KEEPER]
        assert await _calls(world, owner=KEEPER) == [KEEPER]
        assert await _calls(world, owner=OTHER) == []

    async def test_their_case_and_account_name_them_too(self, world: World) -> None:
        await world.set_up("post-office")
        await world.knows("张三", responsible=KEEPER)
        await world.owes(10000, date(2026, 3, 10))
        await world.run_until(local(3, 12))
        (case,) = (await world.get("/v1/cases", owner=KEEPER)).json()["items"]
        assert case["owners"] == [KEEPER]
        assert (await world.get("/v1/cases", owner=OTHER)).json()["items"] == []
        assert (await world.get(f"/v1/cases/{case['case_id']}")).json()["owners"] == [KEEPER]
        shown = (await world.get("/v1/accounts/P-1")).json()
        assert [task["owner"] for task in shown["open_tasks"]] == [KEEPER]
        await world.tell(ledger.AccountErasureConfirmed(account_id="P-1"))
        assert KEEPER not in (await world.get("/v1/cases")).text

    async def test_nobody_outside_is_told_the_name_and_the_store_does_not_show_it(
        self, world: World
    ) -> None:
        await world.set_up("post-office")
        await world.knows("张三", responsible=KEEPER)
        await world.owes(10000, date(2026, 3, 10))
        await world.run_until(local(3, 12))
        told = [m.data for m in await world.of(dunning.TaskRequested)]
        assert [task.owner for task in told if task.account_id] == ["responsible"]
        for table in ("events", "state"):
            rows = await world.service.pool.fetch(f"select data from {table}")  # noqa: S608
            assert not [row for row in rows if KEEPER.encode() in row["data"]]

    async def test_they_keep_the_account_until_it_is_cleared(self, world: World) -> None:
        await world.set_up("post-office")
        await world.knows("张三", responsible=KEEPER)
        await world.owes(10000, date(2026, 3, 10))
        await world.run_until(local(3, 5))
        await world.knows("张三", responsible=OTHER)
        await world.run_until(local(3, 12))
        assert await _owner(world) == [KEEPER]
        await world.owes(10000, date(2026, 3, 10), left=0)
        await world.owes(5000, date(2026, 3, 20), item="INV-2")
        await world.run_until(local(3, 22))
        assert await _owner(world) == [KEEPER, KEEPER]
        await world.owes(5000, date(2026, 3, 20), item="INV-2", left=0)
        await world.knows("张三", responsible=OTHER)
        await world.owes(5000, date(2026, 3, 28), item="INV-3")
        await world.run_until(local(3, 30))
        assert await _owner(world) == [KEEPER, KEEPER, OTHER]

    async def test_clearance_is_refused_while_their_accounts_owe(self, world: World) -> None:
        await world.set_up("post-office")
        await world.knows("张三", responsible=KEEPER)
        await world.owes(10000, date(2026, 3, 10))
        body = {"responsible": KEEPER}
        refused = await world.post(f"{WHOLE}/clearances", body, "finance")
        assert refused.status_code == 409
        assert "P-1" in refused.text
        await world.owes(10000, date(2026, 3, 10), left=0)
        granted = await world.post(f"{WHOLE}/clearances", body, "finance")
        assert granted.status_code == 201, granted.text
        (entry,) = (await world.get(f"{WHOLE}/timeline")).json()["items"][-1:]
        assert entry["kind"] == "clearance_certified"
        assert (entry["fields"]["person"], entry["fields"]["accounts"]) == (KEEPER, 1)


class TestCredit:
    async def test_an_invoice_without_an_agreement_in_force_raises_an_alert_once(
        self, world: World
    ) -> None:
        await world.set_up("post-office")
        until = {"number": "A", "from": date(2026, 1, 1), "until": date(2026, 3, 2)}
        await world.knows("张三", agreement=billing.AgreementPart(**until))
        await world.owes(10000, date(2026, 3, 9))  # issued 2 March: in force
        await world.owes(10000, date(2026, 3, 10), item="INV-2")
        await world.owes(10000, date(2026, 3, 10), item="INV-2", left=5000)
        alerts = [e["fields"]["kind"] for e in await world.timeline() if e["kind"] == "alert"]
        assert alerts == ["credit_not_allowed"]

    async def test_arrears_over_their_share_of_the_year_raise_an_alert(self, world: World) -> None:
        await world.set_up("post-office")
        for account, amount in (("P-1", 5000), ("P-2", 95000)):
            await world.owes(amount, date(2026, 3, 10), account=account)
        await world.owes(95000, date(2026, 3, 10), account="P-2", left=0)
        await world.run_until(local(4, 1))
        assert await self._ratio(world) == []  # 5 000 of 100 000: not over
        await world.owes(5001, date(2026, 3, 10))
        await world.run_until(local(5, 1))
        assert await self._ratio(world) == ["2026-05-01"]

    async def _ratio(self, world: World) -> list[str]:
        entries = (await world.get(f"{WHOLE}/timeline")).json()["items"]
        return [e["day"] for e in entries if e["fields"].get("kind") == "arrears_ratio"]


class TestCommission:
    async def test_a_month_with_commission_asks_a_manager_once(self, world: World) -> None:
        await world.set_up("luquan-telecom", parameters={"agency_day": 2, "call_day": 1})
        await world.owes(100000, date(2026, 3, 5))
        await world.run_until(local(3, 12))
        await _pays(world, 30003, "PAY-1")
        earned = [e["fields"] for e in await world.timeline() if e["kind"] == "commission"]
        assert [(e["amount"], e["collected_by"]) for e in earned] == [(4500, "诚远代理行")]
        await world.run_until(local(5, 20))
        asked = (await world.get("/v1/decisions")).json()["items"]
        assert [(a["purpose"], a["account"], a["by_role"]) for a in asked] == [
            ("commission", None, "manager")
        ]
        body = {"purpose": "commission", "outcome": "approved"}
        assert (await world.post(f"{WHOLE}/decisions", body, "finance")).status_code == 403
        assert (await world.post(f"{WHOLE}/decisions", body, "manager")).status_code == 201
        (told,) = await world.of(dunning.CommissionApproved)
        assert (told.data.month, told.data.amount) == ("2026-03", 4500)
        assert (await world.post(f"{WHOLE}/decisions", body, "manager")).status_code == 409

    async def test_what_a_reversal_takes_back_is_not_asked_for(self, world: World) -> None:
        await world.set_up("luquan-telecom", parameters={"agency_day": 2, "call_day": 1})
        await world.owes(100000, date(2026, 3, 5))
        await world.run_until(local(3, 12))
        await _pays(world, 30000, "PAY-1")
        reversed_ = ledger.PaymentReversed(
            account_id="P-1",
            ledger_version=world.ledger.versions["P-1"],
            as_of=date(2026, 3, 12),
            payment_id="PAY-1",
            amount=30000,
            currency="CNY",
        )
        await world.tell(reversed_)
        amounts = [
            e["fields"]["amount"] for e in await world.timeline() if e["kind"] == "commission"
        ]
        assert amounts == [4500, -4500]
        await world.run_until(local(5, 20))
        assert (await world.get("/v1/decisions")).json()["items"] == []

    async def test_a_collectors_first_months_earn_nothing(self, world: World) -> None:
        await world.set_up("clearing-office")
        start = {"started_on": "2026-03-01"}
        headers = world.headers("manager")
        path = f"{WHOLE}/collectors/诚远代理行"
        answer = await world.http.put(path, json=start, headers=headers)
        assert answer.status_code == 200, answer.text
        await world.settle()
        await world.owes(100000, date(2026, 3, 5))
        await world.run_until(local(4, 30))
        await _pays(world, 10000, "PAY-1")
        await world.run_until(local(5, 1))
        await _pays(world, 10000, "PAY-2")
        earned = [e["day"] for e in await world.timeline() if e["kind"] == "commission"]
        assert earned == [(date(2026, 4, 30) + timedelta(days=1)).isoformat()]


async def test_collateral_of_a_plan_is_kept_sealed(world: World) -> None:
    await world.set_up("debt-recovery")
    await world.owes(10000, date(2026, 3, 5))
    await world.run_until(local(3, 7))
    plan = {
        "instalments": [{"due_on": "2026-04-01", "amount": 10000}],
        "collateral": "抵押车辆一辆",
    }
    assert (await world.post("/v1/accounts/P-1/plans", plan)).status_code == 201
    (agreed,) = [e for e in await world.timeline() if e["kind"] == "plan_agreed"]
    assert agreed["fields"]["collateral"]["text"] == "抵押车辆一辆"
    rows = await world.service.pool.fetch("select data from events")
    assert not [data for data in data_of(rows) if "抵押车辆".encode() in data]
