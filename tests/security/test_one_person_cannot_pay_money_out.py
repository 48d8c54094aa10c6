"""A refund above the creditor's limit takes two people."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chassis.errors import Rejected
from chassis.store import answers
from contracts import ledger
from services.ledger.api.requests import Requests
from services.ledger.domain.commands import OpenItem, Refund
from services.ledger.main import build
from tests.ledger.account_book import Book, days, terms
from tests.ledger.conftest import START, World

REFUNDS = "/v1/accounts/1/refunds"


@pytest.fixture
async def world(database: str, tmp_path: Path) -> AsyncIterator[World]:
    async with World.open(build, database, START, tmp_path) as world:
        await world.terms(second_person_above=100)
        await world.pay("p", 500)
        yield world


async def ask(world: World, who: str, path: str, body: Any) -> tuple[int, Any]:
    async with world.client("finance", who=who) as client:
        answer = await client.post(path, json=body)
    await world.settle()
    return answer.status_code, answer.json()


async def paid(world: World) -> list[int]:
    return [told.data.amount for told in await world.of(ledger.RefundDue)]


async def test_one_person_cannot_pay_money_out(world: World) -> None:
    assert (await ask(world, "eve", REFUNDS, {"amount": 501}))[0] == 409
    status, refund = await ask(world, "eve", REFUNDS, {})
    assert (status, refund["amount"], refund["prepaid"]) == (201, 500, 500)
    assert await paid(world) == []
    path = f"/v1/proposals/{refund['proposal']['proposal_id']}/decision"
    assert (await ask(world, "eve", path, {"outcome": "approved"}))[0] == 409
    status, approved = await ask(world, "bob", path, {"outcome": "approved"})
    assert (status, approved["state"]) == (201, "approved")
    assert (await ask(world, "bob", path, {"outcome": "approved"}))[0] == 409
    assert await paid(world) == [500]


async def test_one_person_cannot_pay_it_out_in_parts(world: World) -> None:
    answers = [await ask(world, "eve", REFUNDS, {"amount": 60}) for _ in range(2)]
    assert [answer["proposal"] is None for _, answer in answers] == [True, False]
    assert await paid(world) == [60]


async def test_no_more_is_paid_out_than_the_second_person_saw(world: World) -> None:
    _, refund = await ask(world, "eve", REFUNDS, {})
    await world.pay("p-2", 90_000)  # all there is by now is more
    path = f"/v1/proposals/{refund['proposal']['proposal_id']}/decision"
    assert (await ask(world, "bob", path, {"outcome": "approved"}))[0] == 201
    assert await paid(world) == [500]


async def test_a_request_whose_answer_was_lost_pays_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(*_: Any) -> None:
        raise ConnectionError

    async with world.client("finance", who="eve") as client:
        wanted: dict[str, Any] = {"json": {"amount": 60}, "headers": {"Idempotency-Key": "k"}}
        with monkeypatch.context() as dying:
            dying.setattr(answers, "keep", killed)
            dying.setattr(answers, "release", killed)
            with pytest.raises(ConnectionError):
                await client.post(REFUNDS, **wanted)
        await world.run_until(world.clock.now() + timedelta(minutes=2))
        answer = await client.post(REFUNDS, **wanted)
        await world.settle()
    assert (answer.status_code, answer.json()["prepaid"]) == (201, 440)
    assert answer.json()["proposal"] is None  # it is done, and waits for nobody
    assert await paid(world) == [60]


async def test_a_refund_waits_on_where_the_money_is_gone(world: World) -> None:
    _, refund = await ask(world, "eve", REFUNDS, {"amount": 450})
    await ask(world, "eve", REFUNDS, {"amount": 100})
    path = f"/v1/proposals/{refund['proposal']['proposal_id']}/decision"
    assert (await ask(world, "bob", path, {"outcome": "approved"}))[0] == 409
    async with world.client("auditor") as client:
        (waiting,) = (await client.get("/v1/proposals")).json()["items"]
    assert (waiting["state"], waiting["amount"], waiting["subject"]) == ("waiting", 450, "eve")
    assert await paid(world) == [100]


@pytest.mark.parametrize(("outcome", "amounts"), [("approved", [150]), ("rejected", [])])
async def test_a_process_that_stood_still_does_not_pay_what_another_decided_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch, outcome: str, amounts: list[int]
) -> None:
    _, refund = await ask(world, "eve", REFUNDS, {"amount": 150})
    path = f"/v1/proposals/{refund['proposal']['proposal_id']}/decision"
    pay = Requests._refund

    async def late(*given: Any, **more: Any) -> Any:
        monkeypatch.undo()
        await world.run_until(world.clock.now() + timedelta(minutes=2))
        assert (await ask(world, "ann", path, {"outcome": outcome}))[0] == 201
        return await pay(*given, **more)

    monkeypatch.setattr(Requests, "_refund", late)
    assert (await ask(world, "bob", path, {"outcome": "approved"}))[0] == 409
    assert await paid(world) == amounts
    async with world.client("auditor") as client:
        shown = (await client.get(path.removesuffix("/decision"))).json()
    assert (shown["state"], shown["decided_by"]) == (outcome, "ann")


def test_what_is_open_while_the_currency_changes_is_worth_what_it_was() -> None:
    book = Book(terms())
    book.pay(START.date(), "P-1", 5000)
    book.terms = msgspec.structs.replace(book.terms, revision=2, currency="EUR")
    day = START.date()
    with pytest.raises(Rejected):  # it waits for a retry, once nothing is open in CNY
        book.do(day, OpenItem("I-1", "fee", 400, "EUR", day, day))
    book.do(day, OpenItem("I-2", "fee", 400, "CNY", day, day))
    book.at(days(day, 1))
    assert (book.prepaid(), book.account.balance.currency) == (4600, "CNY")
    book.do(days(day, 1), Refund("R-1", None))
    book.do(days(day, 1), OpenItem("I-1", "fee", 400, "EUR", day, day))
    assert (book.principal(), book.account.balance.currency) == (400, "EUR")
