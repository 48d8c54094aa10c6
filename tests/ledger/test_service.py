"""The ledger as a service: messages in, messages out, on a real store."""

from datetime import date

from chassis.store.views import table_of
from contracts import billing, dunning, ledger, legal
from contracts.words.late_fee import late_fee_at
from contracts.words.streams import account_stream
from tests.ledger.conftest import World
from tests.support.tables import rows

D = date
STREAM = account_stream("acme", "1")


async def test_invoice_and_payment_become_messages(world: World) -> None:
    await world.terms()
    await world.invoice("A", 1000, D(2026, 1, 10))
    await world.go_to(D(2026, 1, 12))
    await world.pay("P", 1200)
    types = [message.type.removeprefix("ledger.") for message in await world.published("ledger")]
    assert types == [
        "item.opened.v1",
        "balance.changed.v1",
        "balance.changed.v1",
        "item.overdue.v1",
        "payment.allocated.v1",
        "item.settled.v1",
        "balance.changed.v1",
        "account.cleared.v1",
    ]


async def test_overdue_is_said_at_midnight_with_what_is_outstanding(world: World) -> None:
    await world.terms(late_fee=dunning.LateFeeTerms(rate_per_day="0.001"))
    await world.invoice("A", 1000, D(2026, 1, 10))
    await world.go_to(D(2026, 1, 12))
    (overdue,) = await world.of(ledger.ItemOverdue)
    assert overdue.time.isoformat() == "2026-01-10T16:00:00+00:00"
    assert (overdue.data.outstanding, overdue.data.as_of) == (1001, D(2026, 1, 11))


async def test_balance_carries_the_accrual_others_compute_the_fee_from(world: World) -> None:
    await world.terms(late_fee=dunning.LateFeeTerms(rate_per_day="0.0005"))
    await world.invoice("A", 360000, D(2026, 1, 31))
    (message,) = await world.of(ledger.BalanceChanged)
    (item,) = message.data.items
    assert late_fee_at(item.accrual, D(2026, 8, 9)) == 34200


async def test_message_of_a_creditor_not_set_up_waits_for_its_terms(world: World) -> None:
    await world.invoice("A", 1000, D(2026, 1, 10))
    assert (await world.service.read(STREAM))[1] == 0
    await world.terms()
    await world.settle()
    assert (await world.service.read(STREAM))[1] == 1


async def test_payment_and_its_reversal_in_one_batch(world: World) -> None:
    await world.terms()
    settle, world.settle = world.settle, _nothing  # type: ignore[method-assign]
    await world.invoice("A", 1000, D(2026, 1, 1))
    await world.pay("P", 1000)
    await world.tell(billing.PaymentReversed(payment_id="P", account_id="1"))
    await settle()
    account, version = await world.service.read(STREAM)
    assert (version, account.balance.principal) == (3, 1000)


async def _nothing() -> None:
    """Leave the messages where they are."""


async def test_disputes_plans_waivers_fees_and_write_offs_are_understood(world: World) -> None:
    await world.terms(late_fee=dunning.LateFeeTerms(rate_per_day="0.01"))
    await world.invoice("A", 1000, D(2026, 1, 10))
    await world.go_to(D(2026, 1, 12))
    await world.tell(dunning.DisputeOpened(account_id="1", dispute_id="d", kind="objection"))
    await world.tell(dunning.DisputeResolved(account_id="1", dispute_id="d", outcome="rejected"))
    instalment = dunning.Instalment(due_on=D(2026, 2, 1), amount=1000)
    await world.tell(dunning.PlanAgreed(account_id="1", plan_id="p", instalments=(instalment,)))
    await world.tell(dunning.PlanBroken(account_id="1", plan_id="p"))
    await world.tell(dunning.LateFeeWaived(account_id="1", amount=5))
    await world.tell(
        dunning.FeeCharged(
            account_id="1",
            item_id="penalty",
            item="penalty",
            amount=100,
            currency="CNY",
            issued_on=D(2026, 1, 12),
            due_on=D(2026, 1, 22),
        )
    )
    await world.tell(
        billing.InvoiceAdjusted(invoice_id="A", account_id="1", adjustment_id="k", change=-100)
    )
    await world.tell(
        dunning.ItemDeferred(account_id="1", item_ids=("penalty",), until=D(2026, 3, 1))
    )
    await world.tell(
        legal.DebtWrittenOff(account_id="1", approval_id="w", item_ids=("A",), reason="dead")
    )
    account, _ = await world.service.read(STREAM)
    assert [(item.id, item.due_on) for item in account.items] == [("penalty", D(2026, 3, 1))]
    # 900 of the principal, 20 of late fee less the 5 waived
    assert account.lost == (("A", 915),)
    letters = await world.service.pool.fetch("select reason from dead_letters")
    assert letters == []


async def test_rebuilt_states_and_views_are_the_same_bytes(world: World) -> None:
    await world.terms(late_fee=dunning.LateFeeTerms(rate_per_day="0.001"))
    for account in ("1", "2", "3"):
        await world.invoice("A", 1000, D(2026, 1, 10), account)
        await world.invoice("B", 500, D(2026, 1, 20), account)
    await world.go_to(D(2026, 1, 15))
    await world.pay("P", 700, "2")
    await world.pay("P", 1700, "3")
    await world.tell(billing.PaymentReversed(payment_id="P", account_id="3"), account="3")
    before = await _tables(world)
    rebuilt = await world.service.rebuild(lambda _done, _total: None)
    assert rebuilt.different == ()
    assert await _tables(world) == before
    assert len(before[0]) == 3


async def _tables(world: World) -> list[list[bytes]]:
    views = [table_of(view) for view in world.service.blueprint.views]
    async with world.service.pool.acquire() as connection:
        return [await rows(connection, table) for table in (*views, "state")]


async def test_change_of_many_items_is_split(world: World) -> None:
    await world.terms()
    settle, world.settle = world.settle, _nothing  # type: ignore[method-assign]
    for number in range(300):
        await world.invoice(f"I-{number}", 10, D(2026, 1, 10))
    await settle()
    await world.tell(dunning.DisputeOpened(account_id="1", dispute_id="d", kind="objection"))
    await settle()
    parts = [m.data for m in await world.of(ledger.BalanceChanged)]
    assert [(len(part.items), part.more) for part in parts[-2:]] == [(250, True), (50, False)]
