"""What was set aside can be retried, corrected or discarded, with who and why, and once."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from chassis.bus.base import Outgoing as BusMessage
from chassis.bus.embedded import EmbeddedBus
from chassis.http.dev_keys import mint_token
from chassis.runtime.instance import Instance
from chassis.store.views import View
from tests.chassis import toy
from tests.chassis.conftest import OpenToy
from tests.chassis.toy import PATIENT, parked, total
from tests.isolation.test_events_set_aside import BAD, Faulty
from tests.support.dump import dump

WHY = {"reason": "the cashier mistyped"}


class Office:
    """An operator's calls to a service, of some creditors."""

    def __init__(self, service: Instance, folder: Path, creditor: str = "*") -> None:
        settings = service.settings
        token = mint_token(
            folder,
            ("sre",),
            subject="ann",
            issuer=settings.issuer,
            audience=settings.audience,
            creditors=(creditor,),
        )
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(service.app),
            base_url="http://toy",
            headers={"Authorization": f"Bearer {token}"},
        )

    async def show(self, letter: int) -> dict[str, Any]:
        answer = await self._client.get(f"/v1/dead-letters/{letter}")
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    async def post(self, letter: int, what: str, **body: Any) -> httpx.Response:
        return await self._client.post(f"/v1/dead-letters/{letter}/{what}", json=body)


OpenOffice = Callable[..., Office]


@pytest.fixture
def office(tmp_path: Path) -> OpenOffice:
    def opened(service: Instance, creditor: str = "*") -> Office:
        return Office(service, tmp_path, creditor)

    return opened


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
    await toy.send(bus, "a", _broken(2))
    while await service.step():
        pass
    reader = await bus.reader({("billing.dlq", lane): 0 for lane in range(bus.partitions)})
    told = [json.loads(record.value) for record in await reader.fetch(10, 0)]
    await reader.close()
    sealed = {one["message_id"]: bool(one["sealed_original"]) for one in told}
    assert sealed == {"e-1": False, "e-2": True}


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
