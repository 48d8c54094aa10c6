"""Who is not among a creditor's sources has no effect on it; one creditor's are no other's."""

from typing import Any

import pytest

from arrears.apis import Refused
from arrears.billing import cloud_event
from arrears.upstream import send
from chassis.settings import SERVICES
from contracts.billing import AccountUpserted, DebtorPart
from tests.support.producer import Producer

FOREIGN = (
    "source: somebody may not publish billing for lender: it is not among the creditor's sources"
)
PERSON = AccountUpserted(
    account_id="A-1",
    debtor=DebtorPart(name="Ms Li", kind="natural_person", phones=("+8613912345678",)),
)


async def change(writer: Producer, source: str, creditor: str = "lender", door: str = "") -> Any:
    path = f"/v1/creditors/{creditor}/sources{door}"
    body = {"source": source, "reason": "agreed"}
    roles = ("administration",)
    answer = await writer.world.apis.call("ledger", "POST", path, json=body, roles=roles)
    await writer.settle()
    return answer


async def test_a_source_that_is_not_the_creditors_has_no_effect_in_any_service(
    kafka_writer: Producer,
) -> None:
    await change(kafka_writer, "billing-1")
    for source, number in (("somebody", "I-1"), ("billing-1", "I-2"), ("billing-11", "I-3")):
        await kafka_writer.invoice(number, creditor="lender", source=source)
        await kafka_writer.write(PERSON, creditor="lender", source=source)
    assert await kafka_writer.owed("lender") == 1000
    reasons = await kafka_writer.reasons()
    foreign = [FOREIGN, FOREIGN.replace("somebody", "billing-11")]
    assert reasons == dict.fromkeys(SERVICES, foreign)  # of what would have an effect there


async def test_one_creditors_sources_are_nothing_to_another(kafka_writer: Producer) -> None:
    await change(kafka_writer, "billing-1")
    await kafka_writer.invoice("I-1", creditor="other", source="somebody")
    assert await kafka_writer.owed("other") == 1000
    assert await kafka_writer.reasons() == {}


async def test_a_letter_of_a_source_registered_later_is_tried_again_by_hand(
    kafka_writer: Producer,
) -> None:
    await change(kafka_writer, "billing-1")
    await kafka_writer.write(PERSON, creditor="lender", source="somebody")
    await kafka_writer.invoice("I-1", creditor="lender", source="somebody")
    services = kafka_writer.world.stack.services
    letters = {name: await kafka_writer.letters(name) for name in SERVICES}
    for name, parked in letters.items():
        assert not await services[name].parked.retry(parked[0]["id"]), name
    await change(kafka_writer, "somebody")
    for name, parked in letters.items():
        assert [await services[name].parked.retry(one["id"]) for one in parked]
    await kafka_writer.settle()
    assert await kafka_writer.reasons() == {}
    assert await kafka_writer.owed("lender") == 1000


async def test_without_a_source_left_everybody_may_publish_again(kafka_writer: Producer) -> None:
    await change(kafka_writer, "billing-1")
    known = await change(kafka_writer, "billing-1", door="/removal")
    assert (known["enforced"], known["sources"]) == (False, [])
    assert [(one["change"], one["by"], one["reason"]) for one in known["changes"]] == [
        ("added", "arrears", "agreed"),
        ("removed", "arrears", "agreed"),
    ]
    await kafka_writer.invoice("I-1", creditor="lender", source="somebody")
    assert await kafka_writer.owed("lender") == 1000


async def test_the_door_does_not_take_a_source_the_creditor_has_not_named(
    kafka_writer: Producer,
) -> None:
    await change(kafka_writer, "billing-1")
    events = [
        cloud_event(
            "credit.granted.v1",
            creditor=creditor,
            account="A-1",
            id=f"e-{number}",
            at=kafka_writer.world.clock.now(),
            data={"account_id": "A-1", "credit_id": "C-1", "amount": 5, "currency": "CNY"},
            source=source,
        )
        for number, (creditor, source) in enumerate(
            [("lender", "somebody"), ("lender", "billing-1"), ("other", "somebody")]
        )
    ]
    assert await send(kafka_writer.world.apis, events) == [(0, FOREIGN)]


@pytest.mark.parametrize("role", ["upstream", "auditor", "finance", "sre"])
async def test_only_administration_says_who_may_publish(kafka_writer: Producer, role: str) -> None:
    body = {"source": "somebody", "reason": "mine"}
    path = "/v1/creditors/lender/sources"
    for door in ("", "/removal"):
        with pytest.raises(Refused, match="administration"):
            await kafka_writer.world.apis.call(
                "ledger", "POST", f"{path}{door}", json=body, roles=(role,)
            )
    assert (await kafka_writer.world.apis.get("ledger", path))["enforced"] is False


async def test_a_restart_does_not_forget_who_may_publish(kafka_writer: Producer) -> None:
    await change(kafka_writer, "billing-1")
    for service in kafka_writer.world.stack.services.values():
        await service.reset()
        rebuilt = await service.rebuild(lambda _done, _total: None)
        assert rebuilt.different == ()
    await kafka_writer.invoice("I-1", creditor="lender", source="somebody")
    await kafka_writer.write(PERSON, creditor="lender", source="somebody")
    assert set(await kafka_writer.reasons()) == set(SERVICES)
