"""The ledger over HTTP."""

import csv
from datetime import date

from contracts import billing, dunning, ledger
from tests.ledger.conftest import World

D = date


async def overdue(world: World) -> None:
    """Ten days past due on 20 January, at 0.1 % a day."""
    await world.terms(late_fee=dunning.LateFeeTerms(rate_per_day="0.001"))
    await world.invoice("A", 10000, D(2026, 1, 10))
    await world.go_to(D(2026, 1, 15))
    await world.pay("P", 4000)
    await world.go_to(D(2026, 1, 20))


async def test_balance_is_of_today_or_of_a_past_day(world: World) -> None:
    await overdue(world)
    async with world.client("finance") as client:
        now = (await client.get("/v1/accounts/1/balance")).json()
        past = (await client.get("/v1/accounts/1/balance?as_of=2026-01-14")).json()
        before = (await client.get("/v1/accounts/1/balance?as_of=2026-01-10")).json()
    # five days of 10.00 and five of 6.00
    assert (now["principal"], now["late_fee"], now["total"]) == (6000, 80, 6080)
    assert (past["principal"], past["late_fee"], past["overdue"]) == (10000, 40, 10000)
    assert (before["late_fee"], before["overdue"]) == (0, 0)


async def test_past_day_is_shown_as_it_was_known_then_or_is_known_now(world: World) -> None:
    await overdue(world)
    await world.pay("Q", 6000, received=D(2026, 1, 12))
    async with world.client("finance") as client:
        path = "/v1/accounts/1/balance?as_of=2026-01-14"
        then = (await client.get(path)).json()
        now = (await client.get(f"{path}&known=now")).json()
        lines = (await client.get("/v1/accounts/1/statement")).json()["lines"]
    # two days of 10.00, then 4000 are left until the payment of the 15th
    assert (then["principal"], then["late_fee"]) == (10000, 40)
    assert (now["principal"], now["late_fee"]) == (4000, 20 + 2 * 4)
    (late,) = [line for line in lines if line["reference"] == "Q"]
    assert (late["day"], late["recorded_on"]) == ("2026-01-12", "2026-01-20")


async def test_payment_told_late_is_published_with_where_it_went(world: World) -> None:
    await overdue(world)
    await world.pay("Q", 7000, received=D(2026, 1, 9))
    told = [one for one in await world.published("ledger") if one.subject == "1"]
    paid = [one.data for one in told if one.type == "ledger.payment.allocated.v1"][-1]
    assert (paid.payment_id, paid.received_at.date(), paid.as_of) == (
        "Q",
        D(2026, 1, 9),
        D(2026, 1, 20),
    )
    cleared = [one for one in told if one.type == "ledger.account.cleared.v1"]
    assert len(cleared) == 1


async def test_day_to_come_and_days_before_the_account_are_refused(world: World) -> None:
    await overdue(world)
    async with world.client("finance") as client:
        future = await client.get("/v1/accounts/1?as_of=2026-01-21")
        early = await client.get("/v1/accounts/1?as_of=2025-12-01")
        unknown = await client.get("/v1/accounts/2")
        foreign = await client.get("/v1/accounts/1?creditor=other")
    assert [answer.status_code for answer in (future, early, unknown, foreign)] == [
        422,
        404,
        404,
        403,
    ]


async def test_statement_shows_every_movement_with_its_balance(world: World) -> None:
    await overdue(world)
    await world.pay("Q", 6100)
    async with world.client("finance") as client:
        statement = (await client.get("/v1/accounts/1/statement")).json()
    lines = [(line["kind"], line["amount"], line["balance"]) for line in statement["lines"]]
    assert lines == [
        ("item_opened", 10000, 10000),
        ("payment_received", -4000, 6000),
        ("late_fee_charged", 80, 6080),
        ("payment_received", -6100, -20),
    ]
    assert (statement["balance"], statement["late_fee"]) == (-20, 0)


async def test_a_statement_as_a_file_shows_amounts_as_people_write_them(world: World) -> None:
    await overdue(world)
    async with world.client("finance") as client:
        answer = await client.get("/v1/accounts/1/statement?format=csv")
        sheet = await client.get("/v1/accounts/1/statement?format=xlsx")
    lines = list(csv.reader(answer.content.decode("utf-8-sig").splitlines()))
    assert lines[0][-3:] == ["amount", "balance", "currency"]
    assert [line[2:] for line in lines[1:]] == [
        ["item_opened", "A", "100.00", "100.00", "CNY"],
        ["payment_received", "P", "-40.00", "60.00", "CNY"],
        ["late_fee_accrued", "", "0.80", "60.80", "CNY"],
    ]
    assert 'filename="statement-1-2026-01-20.csv"' in answer.headers["content-disposition"]
    assert sheet.content.startswith(b"PK")


async def test_statement_shows_a_reversal_at_its_amount(world: World) -> None:
    await overdue(world)
    await world.pay("Q", 6080)
    await world.tell(billing.PaymentReversed(payment_id="Q", account_id="1"))
    async with world.client("finance") as client:
        statement = (await client.get("/v1/accounts/1/statement")).json()
    lines = [(line["kind"], line["amount"], line["balance"]) for line in statement["lines"]]
    assert lines[-2:] == [("payment_reversed", 6080, 6080), ("payments_reallocated", -80, 6000)]
    assert (statement["balance"], statement["late_fee"]) == (6000, 80)


async def test_items_show_closed_ones_when_asked(world: World) -> None:
    await overdue(world)
    await world.pay("Q", 6080)
    async with world.client("finance") as client:
        open_items = (await client.get("/v1/accounts/1/items")).json()["items"]
        all_items = (await client.get("/v1/accounts/1/items?state=all")).json()["items"]
        past = (await client.get("/v1/accounts/1/items?as_of=2026-01-12")).json()["items"]
    assert (open_items, [item["state"] for item in all_items]) == ([], ["settled"])
    assert (past[0]["days_overdue"], past[0]["late_fee"]) == (2, 20)


async def test_accounts_are_listed_in_pages_with_the_fee_of_today(world: World) -> None:
    await overdue(world)
    await world.invoice("A", 10, D(2026, 2, 1), "2")
    async with world.client("finance") as client:
        first = (await client.get("/v1/accounts?limit=1")).json()
        second = (await client.get(f"/v1/accounts?limit=1&cursor={first['next']}")).json()
    assert [row["account_id"] for row in first["items"] + second["items"]] == ["1", "2"]
    assert (first["items"][0]["total"], second["next"]) == (6080, None)


async def test_ageing_today_and_in_the_past(world: World) -> None:
    await overdue(world)
    await world.invoice("B", 500, D(2026, 1, 1))
    await world.tell(
        dunning.DisputeOpened(account_id="1", dispute_id="d", kind="objection", item_ids=("B",))
    )
    await world.go_to(D(2026, 2, 20))
    async with world.client("finance") as client:
        now = (await client.get("/v1/creditors/acme/ageing")).json()
        past = (await client.get("/v1/creditors/acme/ageing?as_of=2026-01-14")).json()
    table = {bucket["bucket"]: bucket["principal"] for bucket in now["buckets"]}
    assert table == {
        "0": 500, "1-30": 0, "31-60": 6000, "61-90": 0, "91-180": 0, "181-365": 0, "366+": 0,
    }  # fmt: skip
    assert now["late_fee"] == 50 + 36 * 6 + 10
    assert (past["principal"], past["late_fee"], past["buckets"][1]["items"]) == (10000, 40, 1)


async def test_refund_is_due_once_per_key(world: World) -> None:
    await world.terms(second_person_above=300)
    await world.pay("P", 500)
    async with world.client("finance") as client:
        again = {"idempotency-key": "k1"}
        first = await client.post("/v1/accounts/1/refunds", json={"amount": 300}, headers=again)
        second = await client.post("/v1/accounts/1/refunds", json={"amount": 300}, headers=again)
        third = await client.post("/v1/accounts/1/refunds", json={"amount": 300})
    assert (first.status_code, first.json()["prepaid"]) == (201, 200)
    assert second.json() == first.json()
    assert third.status_code == 409
    await world.settle()
    assert [refund.data.amount for refund in await world.of(ledger.RefundDue)] == [300]


async def test_refund_of_nothing_or_of_nobody_is_refused(world: World) -> None:
    async with world.client("finance") as client:
        nobody = await client.post("/v1/accounts/9/refunds", json={"amount": 300})
        nothing = await client.post("/v1/accounts/9/refunds", json={"amount": 0})
    assert (nobody.status_code, nothing.status_code) == (404, 422)


async def test_erasure_destroys_the_key_and_leaves_the_sums(world: World) -> None:
    await overdue(world)
    async with world.client("administration") as client:
        answer = await client.post("/v1/accounts/1/erasure")
        await world.settle()
        balance = (await client.get("/v1/accounts/1/balance")).json()
    assert (answer.status_code, balance["total"]) == (202, 6080)
