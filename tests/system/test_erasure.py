"""An erased person is found nowhere, in no readable form, and what they owe is unchanged."""

import io
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from arrears.billing import Event, cloud_event
from arrears.upstream import send
from arrears.world import World
from chassis.bus.base import Outgoing, lane_of
from chassis.settings import ServiceName
from tests.support.folded import folds_alike
from tests.system import traces
from tests.system.copied import every_field_has_a_name
from tests.system.planted import (
    NAME,
    NOT_IN_THE_COPY,
    NOTES,
    OTHER_NAME,
    OTHERS_POISON,
    PLANTED,
    PROFILE,
)

ZONE = ZoneInfo("Asia/Shanghai")
CREDITOR, ACCOUNT, OTHER = "lender", "ZQ-7001", "ZQ-7002"


@dataclass
class Told:
    """Tells the world what upstream and operators would, and lets it work."""

    world: World
    sent: int = field(default=0)

    async def upstream(self, kind: str, account: str = ACCOUNT, /, **data: Any) -> Event:
        self.sent += 1
        event = cloud_event(
            kind,
            creditor=CREDITOR,
            account=account,
            id=f"e-{self.sent}",
            at=self.world.clock.now(),
            data={"account_id": account, **data},
            source="upstream",
        )
        await self.again(event)
        return event

    async def again(self, event: Event) -> None:
        assert await send(self.world.apis, [event]) == []
        await self.settle()

    async def poison(self, text: str, account: str = ACCOUNT) -> None:
        """Bytes that are no event, as a broken producer puts them on the topic itself."""
        key = f"{CREDITOR}/{account}".encode()
        lane = lane_of(key, self.world.bus.partitions)
        value = json.dumps({"specversion": "1.0", "data": {"name": text}}, ensure_ascii=False)
        await self.world.bus.publish([Outgoing("billing", lane, key, value.encode())])
        await self.settle()

    async def operator(self, door: str, account: str = ACCOUNT, /, **body: Any) -> None:
        service: ServiceName = "notifier" if door == "deliveries" else "dunning"
        path = f"/v1/accounts/{account}/{door}"
        await self.world.apis.post(service, path, body, creditor=CREDITOR)
        await self.settle()

    async def settle(self) -> None:
        await self.world.simulation().settle()

    async def until(self, month: int, day: int) -> None:
        await self.world.simulation().run_until(datetime(2026, month, day, 10, tzinfo=ZONE))


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What every POST was answered: each has an Idempotency-Key, so that it is kept for a day."""
    keys, send_it = itertools.count(), httpx.AsyncClient.request
    answers: list[str] = []

    async def request(
        self: httpx.AsyncClient, method: str, *given: Any, **more: Any
    ) -> httpx.Response:
        if method != "POST":
            return await send_it(self, method, *given, **more)
        headers = dict(more.pop("headers", None) or {}) | {"Idempotency-Key": f"key-{next(keys)}"}
        answer = await send_it(self, method, *given, headers=headers, **more)
        answers.append(answer.text)
        return answer

    monkeypatch.setattr(httpx.AsyncClient, "request", request)
    return answers


@pytest.fixture
async def told(world: World, logged: io.StringIO) -> Told:
    """A debtor whose case went all the way to court, with planted texts wherever one can be
    written.
    """
    await world.begin(datetime(2026, 4, 1, tzinfo=ZONE))
    told = Told(world)
    body = {
        "name": "Lender",
        "time_zone": ZONE.key,
        "currency": "CNY",
        "policy": "debt-recovery",
    }
    await world.apis.call("dunning", "PUT", f"/v1/creditors/{CREDITOR}", json=body)
    await told.settle()
    await _comes_to_court(told)
    await _is_argued_about(told)
    await _goes_wrong(told)
    await told.until(6, 10)
    return told


async def _comes_to_court(told: Told) -> None:
    await told.upstream("account.upserted.v1", **PROFILE)
    other = {"name": OTHER_NAME, "kind": "natural_person", "addresses": ["1 High Street"]}
    await told.upstream("account.upserted.v1", OTHER, debtor=other)
    for account in (ACCOUNT, OTHER):
        await told.upstream(
            "invoice.issued.v1",
            account,
            invoice_id=f"I-{account}",
            item="loan",
            amount=2_350_000,
            currency="CNY",
            issued_on=date(2026, 4, 1),
            due_on=date(2026, 4, 15),
            attributes={"purpose": NOTES["invoice"]} if account == ACCOUNT else {},
            number=NOTES["invoice_number"] if account == ACCOUNT else None,
        )
    await told.until(4, 20)
    task = "tasks/verify_debt/completion"
    await told.operator(task, result="verified", note=NOTES["task"])
    await told.operator(task, OTHER, result="verified")
    await told.until(4, 24)
    await told.operator("deliveries", channel="registered_letter", result="signed")
    await told.until(5, 12)


async def _is_argued_about(told: Told) -> None:
    await told.operator("replies", note=NOTES["reply"])
    await told.operator("observations", kind="fraud", note=NOTES["observation"])
    await told.upstream("observation.recorded.v1", kind="absconded", note=NOTES["upstream"])
    await told.operator("disputes", reason=NOTES["dispute"])
    await told.operator("disputes/resolution", outcome="rejected", reason=NOTES["resolution"])
    await told.operator("applications", purpose="relief", reason=NOTES["application"])
    await told.operator("promises", amount=5_000, until="2026-05-20", note=NOTES["promise"])
    await told.until(6, 1)
    await told.operator("hold", reason=NOTES["hold"])
    await told.operator("hold/release")


async def _goes_wrong(told: Told) -> None:
    await told.upstream(
        "invoice.adjusted.v1",
        invoice_id=f"I-{ACCOUNT}",
        adjustment_id="A-1",
        change=-10_000,
        reason=NOTES["adjustment"],
    )
    await _pays(told, "P-1", 40_000)
    await told.upstream("payment.reversed.v1", payment_id="P-1", reason=NOTES["reversal"])
    await _pays(told, "P-2", 350_000, NOTES["payment_number"])
    event = await told.upstream("account.upserted.v1", responsible="Ms Chen")
    await told.again(event | {"data": event["data"] | {"attributes": {"friend": NOTES["changed"]}}})
    await told.poison(NOTES["poison"])
    await told.poison(OTHERS_POISON, OTHER)


async def _pays(told: Told, payment: str, amount: int, number: str | None = None) -> None:
    await told.upstream(
        "payment.received.v1",
        payment_id=payment,
        amount=amount,
        currency="CNY",
        received_at=told.world.clock.now(),
        method="transfer",
        number=number,
    )


async def places(told: Told, logged: io.StringIO) -> dict[str, str]:
    """Everything there is to look at."""
    world = told.world
    said = await traces.answers(world, CREDITOR, ACCOUNT)
    on_topics = await traces.topics(world)
    stored = {"tables": await traces.tables(world), "log": logged.getvalue()}
    return said | on_topics | traces.files(world) | stored


async def money(told: Told) -> dict[str, Any]:
    """What the ledger says is owed."""
    apis, path = told.world.apis, f"/v1/accounts/{ACCOUNT}"
    said = {
        door: await apis.get("ledger", f"{path}/{door}", creditor=CREDITOR)
        for door in ("balance", "items", "statement")
    }
    said["ageing"] = await apis.get("ledger", f"/v1/creditors/{CREDITOR}/ageing")
    return {door: _unnamed(answer) for door, answer in said.items()}


def _unnamed(answer: Any) -> Any:
    """An answer without the numbers people call things by: they go with the person."""
    if isinstance(answer, Mapping):
        return {name: _unnamed(each) for name, each in answer.items() if name != "number"}
    return [_unnamed(each) for each in answer] if isinstance(answer, list) else answer


async def erased_over_http(told: Told) -> None:
    await told.world.apis.post("ledger", f"/v1/accounts/{ACCOUNT}/erasure", {}, creditor=CREDITOR)
    await told.settle()


async def erased_by_upstream(told: Told) -> None:
    await told.upstream("account.erased.v1", reason="asked for")


async def test_what_is_planted_is_found_before_and_only_where_it_may_be(
    told: Told, logged: io.StringIO, kept: list[str]
) -> None:
    assert len(kept) > 20
    assert traces.found([*PLANTED, OTHER_NAME], {"kept": "\n".join(kept)}) == set()
    seen = await places(told, logged)
    found = traces.found(PLANTED, seen)
    assert {text for text, _ in found} == set(PLANTED)
    assert {place for _, place in found if place.startswith("topic")} == {"topic billing"}
    for kind in ("file outbox", "file documents", "dunning /v1/accounts", "legal /v1/documents"):
        assert any(text == NAME and place.startswith(kind) for text, place in found), kind
    for service in ("ledger", "dunning", "notifier", "legal"):
        letters = {text for text, place in found if f"{service} /v1/dead-letters/" in place}
        assert NOTES["poison"] in letters, service
    assert traces.found([*PLANTED, OTHER_NAME], {"log": logged.getvalue()}) == set()
    assert logged.getvalue()
    others = [OTHER_NAME, OTHERS_POISON]
    copied = traces.found([*PLANTED, *others], await traces.copy(told.world, CREDITOR, ACCOUNT))
    assert {text for text, _ in copied} == set(PLANTED) - NOT_IN_THE_COPY
    assert traces.guessable(PLANTED, seen) == set()
    await every_field_has_a_name(told.world)


@pytest.mark.parametrize(
    ("settings", "erase"),
    [
        ("embedded", erased_by_upstream),
        pytest.param("kafka", erased_over_http, marks=pytest.mark.kafka),
    ],
    indirect=["settings"],
)
async def test_after_an_erasure_nothing_shows_the_person_and_the_sums_stay(
    told: Told, logged: io.StringIO, erase: Any
) -> None:
    before = await money(told)
    await erase(told)
    seen = await places(told, logged)
    assert traces.found(PLANTED, seen) == set()
    assert traces.guessable(PLANTED, seen) == set()
    assert await money(told) == before
    others = traces.found([OTHER_NAME], await traces.answers(told.world, CREDITOR, OTHER))
    assert {place.split()[0] for _, place in others} == {"dunning", "notifier", "legal"}


@pytest.mark.kafka
@pytest.mark.parametrize("settings", ["kafka"], indirect=True)
async def test_what_comes_after_an_erasure_counts_and_shows_nobody(
    told: Told, logged: io.StringIO
) -> None:
    await erased_by_upstream(told)
    before = (await money(told))["balance"]["principal"]
    await told.upstream("account.upserted.v1", **PROFILE)
    await told.upstream("observation.recorded.v1", kind="absconded", note=NOTES["upstream"])
    await told.poison(NOTES["poison"])
    await _pays(told, "P-3", 100_000)
    assert (await money(told))["balance"]["principal"] == before - 100_000
    await told.until(9, 1)
    assert traces.found(PLANTED, await places(told, logged)) == set()


@pytest.mark.parametrize("settings", ["embedded"], indirect=True)
async def test_views_of_an_erased_person_are_rebuilt_to_the_byte(
    told: Told, logged: io.StringIO
) -> None:
    await erased_by_upstream(told)
    before = await money(told)
    for service in told.world.stack.services.values():
        await folds_alike(service)
    assert await money(told) == before
    assert traces.found(PLANTED, await places(told, logged)) == set()
