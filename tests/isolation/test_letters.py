"""What was set aside can be retried, corrected or discarded, with who and why, and once."""

from dataclasses import replace

from chassis.bus.base import Outgoing as BusMessage
from chassis.bus.embedded import EmbeddedBus
from chassis.store.views import View
from tests.chassis import toy
from tests.chassis.conftest import OpenToy
from tests.chassis.toy import PATIENT, parked, total
from tests.isolation.office import OpenOffice
from tests.isolation.test_events_set_aside import BAD, Faulty
from tests.support.dump import dump

WHY = {"reason": "the cashier mistyped"}


def _broken(number: int) -> bytes:
    return toy.payment(number, "a", 5).replace(b'"CNY"', b'"yuan"')


async def test_a_corrected_body_has_its_effect_and_the_original_stays(
    open_toy: OpenToy, bus: EmbeddedBus, office: OpenOffice
) -> None:
    service = await open_toy(settings=PATIENT)
    await toy.send(bus, "a", _broken(1))
    await service.step()
    desk, text = office(service), toy.payment(1, "a", 5).decode()
    done = await desk.post(1, "edit", text=text, **WHY)
    assert done.json() == {"id": 1, "resolved": True, "reason": None}
    assert (await total(service, "a")).amount == 5
    shown = await desk.show(1)
    assert (shown["state"], "yuan" in shown["text"]) == ("resolved", True)
    (action,) = shown["actions"]
    assert (action["who"], action["why"], action["text"]) == ("ann", WHY["reason"], text)
    assert (action["action"], action["outcome"]) == ("edited", "resolved")
    await toy.send(bus, "a", toy.payment(1, "a", 5))  # upstream's own correction comes as well
    await service.step()
    assert (await total(service, "a")).amount == 5
    assert (await desk.post(1, "edit", text=text, **WHY)).status_code == 409


async def test_a_message_refused_when_it_came_can_be_corrected_under_its_id(
    open_toy: OpenToy, bus: EmbeddedBus, office: OpenOffice
) -> None:
    service = await open_toy(settings=PATIENT)
    await toy.send(bus, "a", toy.payment(1, "a", toy.REFUSED))
    await service.step()
    done = await office(service).post(1, "edit", text=toy.payment(1, "a", 7).decode(), **WHY)
    assert done.json()["resolved"]
    assert (await total(service, "a")).amount == 7


async def test_a_body_refused_again_leaves_the_id_to_a_later_correction(
    open_toy: OpenToy, bus: EmbeddedBus, office: OpenOffice
) -> None:
    service = await open_toy(settings=PATIENT)
    await toy.send(bus, "a", _broken(1))
    await service.step()
    desk = office(service)
    done = await desk.post(1, "edit", text=toy.payment(1, "a", toy.REFUSED).decode(), **WHY)
    assert done.json() == {"id": 1, "resolved": False, "reason": "thirteen is refused"}
    assert not await service.parked.retry(1)  # the body last put there
    await toy.send(bus, "a", toy.payment(1, "a", 9))
    await service.step()
    assert (await total(service, "a")).amount == 9
    assert [letter["id"] for letter in await parked(service)] == [1]
    assert [one["outcome"] for one in (await desk.show(1))["actions"]] == ["refused"]


async def test_a_letter_whose_message_came_again_meanwhile_has_no_second_effect(
    open_toy: OpenToy, bus: EmbeddedBus, office: OpenOffice
) -> None:
    service = await open_toy(settings=PATIENT)
    await toy.send(bus, "a", _broken(1), toy.payment(1, "a", 5))
    await service.step()
    text = toy.payment(1, "a", 5).decode()
    assert (await office(service).post(1, "edit", text=text, **WHY)).json()["resolved"]
    assert (await total(service, "a")).amount == 5


async def test_a_correction_does_not_become_another_message(
    open_toy: OpenToy, bus: EmbeddedBus, office: OpenOffice
) -> None:
    service = await open_toy(settings=PATIENT)
    await toy.send(bus, "a", _broken(1))
    await service.step()
    desk, text = office(service), toy.payment(1, "a", 5).decode()
    others = {
        409: (
            text.replace('"acme"', '"other"'),
            text.replace('"e-1"', '"e-2"'),
            text.replace('"a"', '"b"'),
            text.replace('"upstream"', '"elsewhere"'),
            toy.erased("e-1", "a").decode(),
        ),
        422: ("no message", text.replace('"CNY"', '"yuan"'), text.replace('"e-1"', '"e\\u00001"')),
    }
    for status, texts in others.items():
        for other in texts:
            assert (await desk.post(1, "edit", text=other, **WHY)).status_code == status
    assert not (await total(service, "a")).payments
    assert not await service.pool.fetchval("select count(*) from dead_letter_actions")


async def test_nothing_is_done_without_a_reason_or_for_another_creditor(
    open_toy: OpenToy, bus: EmbeddedBus, office: OpenOffice
) -> None:
    service = await open_toy(settings=PATIENT)
    await toy.send(bus, "a", _broken(1))
    await service.step()
    text = toy.payment(1, "a", 5).decode()
    for what, body in (("retry", {}), ("edit", {"text": text}), ("discard", {})):
        assert (await office(service).post(1, what, **body)).status_code == 422
        assert (await office(service).post(1, what, **body, reason=" ")).status_code == 422
        assert (await office(service, "other").post(1, what, **body, **WHY)).status_code == 404
    assert len(await parked(service)) == 1


async def test_a_discarded_letter_stays_with_its_reason_and_is_not_retried(
    open_toy: OpenToy, bus: EmbeddedBus, office: OpenOffice
) -> None:
    service = await open_toy(settings=PATIENT)
    await toy.send(bus, "a", _broken(1))
    await service.step()
    desk = office(service)
    assert (await desk.post(1, "discard", **WHY)).json() == {"id": 1, "state": "discarded"}
    assert (await desk.post(1, "retry", **WHY)).status_code == 409
    shown = await desk.show(1)
    assert (shown["state"], shown["actions"][0]["why"]) == ("discarded", WHY["reason"])
    assert shown["text"]


async def test_what_people_wrote_about_a_letter_is_erased_with_its_debtor(
    open_toy: OpenToy, bus: EmbeddedBus, database: str, office: OpenOffice
) -> None:
    service = await open_toy(settings=PATIENT)
    await toy.send(bus, "a", _broken(1))
    await service.step()
    await office(service).post(1, "discard", reason="Zhang Planted paid elsewhere")
    await toy.send(bus, "a", toy.erased("x-1", "a"))
    await service.step()
    assert "Planted" not in await dump(database)
    (action,) = (await office(service).show(1))["actions"]
    assert (action["who"], action["why"]) == ("ann", None)


async def test_events_that_were_set_aside_are_published_and_projected_again(
    open_toy: OpenToy, bus: EmbeddedBus, office: OpenOffice
) -> None:
    faulty = Faulty()
    view = View(toy.TOTALS.name, toy.TOTALS.schema, faulty.apply)
    blueprint = replace(toy.blueprint(), publish=faulty.publish, views=(view,))
    service = await open_toy(settings=PATIENT, blueprint=blueprint)
    await toy.send(bus, "a", toy.payment(1, "a", BAD))
    await service.step()
    letters = {letter["source"]: letter["id"] for letter in await parked(service)}
    assert set(letters) == {"publication", "projection:totals"}
    desk = office(service)
    for letter in letters.values():
        assert not (await desk.post(letter, "retry", **WHY)).json()["resolved"]
        assert (await desk.post(letter, "edit", text="{}", **WHY)).status_code == 409
    faulty.fails = False
    for letter in letters.values():
        assert (await desk.post(letter, "retry", **WHY)).json()["resolved"]
        outcomes = [one["outcome"] for one in (await desk.show(letter))["actions"]]
        assert outcomes == ["refused", "resolved"]
    assert sum((await bus.end_offsets(["ledger"])).values()) == 1
    assert await service.pool.fetchval("select amount from view_totals") == BAD


async def test_a_letter_the_store_refuses_again_is_refused_and_nothing_breaks(
    open_toy: OpenToy, bus: EmbeddedBus, office: OpenOffice
) -> None:
    service = await open_toy(settings=PATIENT)
    await service.pool.execute(
        "alter table state add constraint no_bad check (stream <> 'account-acme/bad')"
    )
    await bus.publish([BusMessage("billing", 0, b"acme/bad", toy.payment(1, "bad", 5))])
    await service.step()
    answer = await office(service).post(1, "retry", **WHY)
    assert answer.status_code == 200
    assert "CheckViolationError" in answer.json()["reason"]
    await service.pool.execute("alter table state drop constraint no_bad")
    assert (await office(service).post(1, "retry", **WHY)).json()["resolved"]
    assert (await total(service, "bad")).amount == 5
