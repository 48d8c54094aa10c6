"""A letter that names nobody, and what somebody puts in its place."""

import json

from chassis.bus.base import Outgoing as BusMessage
from chassis.bus.base import lane_of
from chassis.bus.embedded import EmbeddedBus
from tests.chassis import toy
from tests.chassis.conftest import OpenToy
from tests.chassis.toy import PATIENT
from tests.isolation.office import OpenOffice

WHY = {"reason": "the cashier mistyped"}


async def _from_nobody(bus: EmbeddedBus) -> None:
    broken = toy.payment(1, "a", 5, collected_by="Zhang Planted")
    for name in (b'"creditor"', b'"subject"', b'"account_id"'):
        broken = broken.replace(name, b'"no"')
    await bus.publish([BusMessage("billing", 0, b"", broken)])


async def test_a_letter_of_nobody_that_is_edited_is_erased_with_the_debtor_it_names(
    open_toy: OpenToy, bus: EmbeddedBus, office: OpenOffice
) -> None:
    service = await open_toy(settings=PATIENT)
    await _from_nobody(bus)
    await service.step()
    desk, why = office(service), {"reason": "Zhang Planted says so"}
    assert (await desk.show(1))["creditor"] == "-"
    refused = toy.payment(1, "b", toy.REFUSED, collected_by="Li Planted").decode()
    assert not (await desk.post(1, "edit", text=refused, **why)).json()["resolved"]
    assert not (await desk.post(1, "retry", **why)).json()["resolved"]
    right = toy.payment(1, "a", 5, collected_by="Li Planted").decode()
    assert (await desk.post(1, "edit", text=right, **why)).json()["resolved"]
    shown = await desk.show(1)
    assert (shown["creditor"], shown["account"], "Planted" in shown["text"]) == ("acme", "a", True)
    assert [one["why"] for one in shown["actions"]] == [why["reason"]] * 3
    for account, texts in (("b", [None, None, right]), ("a", [None, None, None])):
        await toy.send(bus, account, toy.erased(f"x-{account}", account))
        await service.step()
        shown = await desk.show(1)
        assert [one["text"] for one in shown["actions"]] == texts
    assert (shown["state"], shown["text"]) == ("erased", None)
    assert [one["why"] for one in shown["actions"]] == [None] * 3


async def test_a_text_erased_with_whom_it_named_is_not_tried_again(
    open_toy: OpenToy, bus: EmbeddedBus, office: OpenOffice
) -> None:
    service = await open_toy(settings=PATIENT)
    await _from_nobody(bus)
    await service.step()
    desk = office(service)
    await desk.post(1, "edit", text=toy.payment(1, "b", toy.REFUSED).decode(), **WHY)
    await toy.send(bus, "b", toy.erased("x-1", "b"))
    await service.step()
    answer = await desk.post(1, "retry", **WHY)
    assert (answer.status_code, "was erased" in answer.text) == (409, True)


async def test_what_names_nobody_is_not_on_the_bus_where_no_erasure_reaches_it(
    open_toy: OpenToy, bus: EmbeddedBus
) -> None:
    service = await open_toy(settings=PATIENT)
    await _from_nobody(bus)
    await toy.send(bus, "a", toy.payment(2, "a", 5).replace(b'"CNY"', b'"yuan"'))
    while await service.step():
        pass
    reader = await bus.reader({("billing.dlq", lane): 0 for lane in range(bus.partitions)})
    told = [json.loads(record.value) for record in await reader.fetch(10, 0)]
    await reader.close()
    sealed = {one["message_id"]: bool(one["sealed_original"]) for one in told}
    assert sealed == {"e-1": False, "e-2": True}


async def test_a_letter_whose_key_names_a_creditor_alone_is_not_edited_into_anothers_message(
    open_toy: OpenToy, bus: EmbeddedBus, office: OpenOffice
) -> None:
    service = await open_toy(settings=PATIENT)
    lane = lane_of(b"acme/a", bus.partitions)
    await bus.publish([BusMessage("billing", lane, b"acme/\xff", b"no message at all")])
    await service.step()
    desk, text = office(service, "acme"), toy.payment(1, "a", 5).decode()
    answer = await desk.post(1, "edit", text=text.replace('"acme"', '"other"'), **WHY)
    assert (answer.status_code, "of the letter" in answer.text) == (409, True)
    assert (await desk.post(1, "edit", text=text, **WHY)).json()["resolved"]


async def test_a_letter_known_by_its_key_alone_is_not_edited_into_anothers_message(
    open_toy: OpenToy, bus: EmbeddedBus, office: OpenOffice
) -> None:
    service = await open_toy(settings=PATIENT)
    await toy.send(bus, "a", b"no message at all")
    await service.step()
    desk, text = office(service, "acme"), toy.payment(1, "a", 5).decode()
    for other in (text.replace('"acme"', '"other"'), text.replace('"a"', '"b"')):
        answer = await desk.post(1, "edit", text=other, **WHY)
        assert (answer.status_code, "of the letter" in answer.text) == (409, True)
    assert (await desk.post(1, "edit", text=text, **WHY)).json()["resolved"]
