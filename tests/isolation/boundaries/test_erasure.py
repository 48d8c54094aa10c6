"""Upstream alone erases nobody: over the door it takes a person's role, on the bus a person."""

from datetime import timedelta
from typing import Any

import pytest

from arrears.apis import Refused
from arrears.billing import cloud_event
from arrears.upstream import send
from chassis.settings import SERVICES, ServiceName
from contracts.billing import AccountErased, AccountUpserted, DebtorPart
from contracts.ledger import AccountErasureConfirmed
from contracts.words.streams import Subject
from services.ledger.erasures import erase_again
from tests.support.producer import Producer

LI = Subject("lender", "A-1")
PERSON = AccountUpserted(
    account_id="A-1",
    debtor=DebtorPart(name="Ms Li", kind="natural_person", phones=("+8613912345678",)),
    number="K-12345",
)
ERASED = AccountErased(account_id="A-1", reason="she asked for it")
ROLES = ("administration",)
LOST = """
update relay r
set position = (select coalesce(max(position), 0) from events e where e.lane = r.lane)"""
"""What the ledger has to say counts as said."""


async def known(writer: Producer) -> None:
    await writer.write(PERSON, creditor="lender")
    await writer.invoice("I-1", creditor="lender")
    assert await who_knows(writer) == set(SERVICES)


async def who_knows(writer: Producer) -> set[ServiceName]:
    """The services that have a key for the debtor's data."""
    services = writer.world.stack.services
    keys = {name: await services[name].keys([LI]) for name in SERVICES}
    return {name for name, ring in keys.items() if LI in ring and not ring.is_erased(LI)}


async def listed(writer: Producer, creditor: str = "lender", **only: Any) -> list[dict[str, Any]]:
    path = f"/v1/creditors/{creditor}/erasures"
    return list((await writer.world.apis.get("ledger", path, **only))["items"])


async def answer(writer: Producer, word: str, **how: Any) -> Any:
    path = f"/v1/accounts/A-1/erasure/{word}"
    given = {"creditor": "lender", "roles": ROLES} | how
    found = await writer.world.apis.post("ledger", path, {"reason": "checked"}, **given)
    await writer.settle()
    return found


async def test_an_erasure_asked_for_on_the_bus_erases_nobody_by_itself(
    kafka_writer: Producer,
) -> None:
    await known(kafka_writer)
    for source in ("upstream", "arrears/ledger"):
        await kafka_writer.write(ERASED, creditor="lender", source=source)
    assert await who_knows(kafka_writer) == set(SERVICES)
    (row,) = await listed(kafka_writer, status="pending")
    assert (row["source"], row["asked_reason"]) == ("upstream", "she asked for it")
    assert await listed(kafka_writer, "other") == []


async def test_a_confirmed_erasure_is_carried_out_by_every_service(kafka_writer: Producer) -> None:
    await known(kafka_writer)
    await kafka_writer.write(ERASED, creditor="lender")
    await answer(kafka_writer, "confirmation")
    assert await who_knows(kafka_writer) == set()
    (row,) = await listed(kafka_writer)
    told = {name: row[name] for name in ("status", "answered_by", "reason", "asked_reason")}
    assert told == {
        "status": "confirmed",
        "answered_by": "arrears",
        "reason": "checked",
        "asked_reason": None,
    }
    assert row["erased_at"] is not None
    assert await kafka_writer.owed("lender") == 1000
    with pytest.raises(Refused, match="waits for an answer"):
        await answer(kafka_writer, "confirmation")


async def test_what_nobody_confirms_lapses_with_an_alert(kafka_writer: Producer) -> None:
    await known(kafka_writer)
    await kafka_writer.write(ERASED, creditor="lender")
    simulation = kafka_writer.world.simulation()
    asked = simulation.now
    await simulation.run_until(asked + timedelta(hours=71))
    assert [row["status"] for row in await listed(kafka_writer)] == ["pending"]
    await simulation.run_until(asked + timedelta(hours=72))
    assert [row["status"] for row in await listed(kafka_writer)] == ["lapsed"]
    assert await who_knows(kafka_writer) == set(SERVICES)
    with pytest.raises(Refused, match="waits for an answer"):
        await answer(kafka_writer, "confirmation")
    await kafka_writer.write(ERASED, creditor="lender")
    await answer(kafka_writer, "confirmation")
    assert await who_knows(kafka_writer) == set()
    assert [row["status"] for row in await listed(kafka_writer)] == ["lapsed", "confirmed"]


async def test_a_refused_erasure_has_no_effect(kafka_writer: Producer) -> None:
    await known(kafka_writer)
    await kafka_writer.write(ERASED, creditor="lender")
    await answer(kafka_writer, "refusal")
    assert await who_knows(kafka_writer) == set(SERVICES)
    (row,) = await listed(kafka_writer)
    assert (row["status"], row["reason"]) == ("refused", "checked")
    assert row["asked_reason"] == "she asked for it"


@pytest.mark.parametrize("role", ["upstream", "auditor", "finance", "manager"])
async def test_only_administration_answers(kafka_writer: Producer, role: str) -> None:
    await known(kafka_writer)
    await kafka_writer.write(ERASED, creditor="lender")
    for word in ("confirmation", "refusal"):
        with pytest.raises(Refused, match="administration"):
            await answer(kafka_writer, word, roles=(role,))
    with pytest.raises(Refused, match="waits for an answer"):
        await answer(kafka_writer, "confirmation", creditor="other")
    assert [row["status"] for row in await listed(kafka_writer)] == ["pending"]


def sent_event(writer: Producer) -> Any:
    return cloud_event(
        "account.erased.v1",
        creditor="lender",
        account="A-1",
        id="e-1",
        at=writer.world.clock.now(),
        data={"account_id": "A-1"},
        source="upstream",
    )


async def test_the_door_takes_an_erasure_of_administration_alone(kafka_writer: Producer) -> None:
    await known(kafka_writer)
    given = {"json": sent_event(kafka_writer), "content_type": "application/cloudevents+json"}
    refused = await kafka_writer.world.apis.call(
        "ledger", "POST", "/v1/events", roles=("upstream",), also_fine=frozenset({422}), **given
    )
    assert "takes the role administration" in str(refused)
    await kafka_writer.settle()
    assert await who_knows(kafka_writer) == set(SERVICES)
    assert await listed(kafka_writer) == []
    await kafka_writer.world.apis.call("ledger", "POST", "/v1/events", roles=ROLES, **given)
    await kafka_writer.settle()
    assert await who_knows(kafka_writer) == set()


async def test_an_erasure_works_for_a_creditor_with_sources(kafka_writer: Producer) -> None:
    await known(kafka_writer)
    body = {"source": "upstream", "reason": "agreed"}
    path = "/v1/creditors/lender/sources"
    await kafka_writer.world.apis.call("ledger", "POST", path, json=body, roles=ROLES)
    assert await send(kafka_writer.world.apis, [sent_event(kafka_writer)]) == []
    await kafka_writer.settle()
    assert await who_knows(kafka_writer) == set()
    assert await kafka_writer.reasons() == {}


async def test_a_confirmation_forged_on_the_ledgers_topic_erases_nobody(
    kafka_writer: Producer,
) -> None:
    await known(kafka_writer)
    forged = AccountErasureConfirmed(account_id="A-1")
    await kafka_writer.write(forged, creditor="lender", source="upstream")
    assert await who_knows(kafka_writer) == set(SERVICES)


async def test_what_comes_for_an_erased_debtor_is_sealed_for_nobody(kafka_writer: Producer) -> None:
    await known(kafka_writer)
    await kafka_writer.write(ERASED, creditor="lender")
    await answer(kafka_writer, "confirmation")
    await kafka_writer.write(PERSON, creditor="lender")
    await kafka_writer.write(ERASED, creditor="lender")
    assert await who_knows(kafka_writer) == set()
    assert len(await listed(kafka_writer)) == 1


async def test_a_restored_ledger_erases_again_what_it_forgot(kafka_writer: Producer) -> None:
    await known(kafka_writer)
    await erase_again(kafka_writer.world.stack.services["ledger"], LI)
    await erase_again(kafka_writer.world.stack.services["ledger"], LI)
    await kafka_writer.settle()
    assert await who_knows(kafka_writer) == set()
    assert [row["status"] for row in await listed(kafka_writer)] == ["confirmed"]


async def test_a_confirmation_whose_word_was_lost_is_given_again(kafka_writer: Producer) -> None:
    await known(kafka_writer)
    await kafka_writer.write(ERASED, creditor="lender")
    ledger = kafka_writer.world.stack.services["ledger"]
    path, given = "/v1/accounts/A-1/erasure/confirmation", {"reason": "checked"}
    await kafka_writer.world.apis.post("ledger", path, given, creditor="lender", roles=ROLES)
    await ledger.pool.execute(LOST)
    ledger.published.forget()
    await kafka_writer.settle()
    assert await who_knows(kafka_writer) == set(SERVICES)
    await answer(kafka_writer, "confirmation")
    assert await who_knows(kafka_writer) == set()
    (row,) = await listed(kafka_writer)
    assert (row["status"], row["erased_at"] is not None) == ("confirmed", True)


async def test_an_order_given_twice_erases_once(kafka_writer: Producer) -> None:
    await known(kafka_writer)
    for _ in range(2):
        await kafka_writer.world.apis.post(
            "ledger", "/v1/accounts/A-1/erasure", {}, creditor="lender", roles=ROLES
        )
    await kafka_writer.settle()
    assert await who_knows(kafka_writer) == set()
    assert [row["status"] for row in await listed(kafka_writer)] == ["confirmed"]
    assert await kafka_writer.reasons() == {}
