"""What takes long is done beside the event loop, and once at a time for a creditor."""

import asyncio
import contextlib
import threading
from datetime import date
from types import ModuleType
from typing import Any

import pytest

from chassis.aside import aside
from chassis.errors import Busy
from chassis.http.turns import Turns
from contracts.base import Contract
from contracts.words.streams import creditor_stream
from services.dunning import library
from services.dunning.api import policies
from services.dunning.policy.load import SHIPPED
from tests.dunning.app.world import World, local
from tests.support.ledger_messages import item_state
from tests.support.service_world import CREDITOR, ZONE
from tests.support.threads import no_thread_free

REPORT = f"/v1/creditors/{CREDITOR}/reports/ageing"
LONG_POLICY = """
id: long
version: 1
title: {zh: 长, en: Long}
for: whoever
description: has many steps
source: a test
steps:
""" + "".join(
    f"""
  - id: s{number}
    source: a test
    when: {{day: {number}}}
    do: [{{notice: {{purpose: reminder, channels: [sms]}}}}]"""
    for number in range(1, 500)
)


async def test_the_loop_goes_on_while_long_work_is_done() -> None:
    began, goes_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def long() -> bool:
        loop.call_soon_threadsafe(began.set)
        return goes_on.wait(60)

    work = asyncio.create_task(aside(long))
    await began.wait()  # the loop turns
    goes_on.set()
    assert await work


async def test_a_policy_is_read_and_checked_beside_the_loop(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.set_up()
    threads: dict[str, set[threading.Thread]] = {}

    def watched(module: ModuleType, name: str) -> None:
        work = getattr(module, name)

        def run(*given: Any) -> Any:
            threads.setdefault(name, set()).add(threading.current_thread())
            return work(*given)

        monkeypatch.setattr(module, name, run)

    watched(library, "loads")
    watched(policies, "validate")
    answer = await world.http.post(
        f"/v1/creditors/{CREDITOR}/policy-versions",
        json={"policy_document": LONG_POLICY, "reason": "longer"},
        headers=world.headers("manager"),
    )
    assert answer.status_code == 201, answer.text
    assert threads.keys() == {"loads", "validate"}
    assert threading.current_thread() not in set.union(*threads.values())


@pytest.mark.parametrize("figure", ["1e999999999", "1e-999999999", 1e300, "9" * 10_000])
async def test_a_giant_figure_of_a_policy_is_refused_at_once(world: World, figure: object) -> None:
    answer = await world.set_up(parameters={"contacts_max": figure})
    assert answer.status_code == 422
    assert "contacts_max: must be a whole number" in answer.json()["detail"]


async def test_a_fault_of_a_shipped_policy_does_not_tell_where_the_service_is_installed(
    world: World,
) -> None:
    answer = await world.set_up(parameters={"unheard_of": 1})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("county-hospital.yaml:")
    assert str(SHIPPED.parent) not in answer.text


async def test_not_all_of_a_thousand_wrong_fields_are_told(world: World) -> None:
    wrong: dict[str, Any] = {f"field{number}": 1 for number in range(1000)}
    answer = await world.set_up(None, **wrong)
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 100


async def test_a_second_report_of_a_creditor_waits_its_turn(world: World) -> None:
    await world.set_up()
    await world.owes(100, date(2026, 3, 3))
    await world.run_until(local(3, 5, 12))
    async with no_thread_free():
        both = [asyncio.create_task(world.get(REPORT, format=kind)) for kind in ("csv", "xlsx")]
        first, at_work = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    (refused,), (done,) = [await one for one in first], [await one for one in at_work]
    assert (done.status_code, refused.status_code) == (200, 429)
    assert refused.headers["retry-after"] == "5"
    assert (await world.get(REPORT)).status_code == 200


async def test_a_report_that_fails_gives_its_turn_back(world: World) -> None:
    answers = [await world.get(REPORT) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [404, 404]


async def test_one_creditors_report_holds_up_no_other_creditors() -> None:
    turns = Turns("a report")
    with pytest.raises(Busy, match="a report of creditor a is at work already"):
        async with turns.of("a"), turns.of("b"), turns.of("a"):
            pass
    async with turns.of("a"):
        pass


async def test_what_waits_for_others_takes_no_place_in_the_line() -> None:
    turns = Turns("an evidence file", at_once=1)
    with turns.alone("a"), turns.alone("b"):
        with pytest.raises(Busy), turns.alone("a"):
            pass
        async with asyncio.timeout(60), turns.of("c"):
            pass
    with turns.alone("a"):
        pass


async def test_who_waits_for_a_turn_and_goes_away_gives_it_back() -> None:
    turns = Turns("a report", at_once=1)

    async def ask(creditor: str) -> str:
        async with turns.of(creditor):
            return creditor

    async with turns.of("a"):
        waiting = [asyncio.create_task(ask(name)) for name in "bc"]
        await asyncio.sleep(0)
        waiting[0].cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting[0]
    assert await waiting[1] == "c"
    assert await ask("b") == "b"


async def test_reports_of_many_creditors_leave_connections_to_the_lanes(world: World) -> None:
    creditors = [f"c{number}" for number in range(world.settings.pool_size + 2)]
    for creditor in creditors:
        await set_up_with_an_account(world, creditor)
    async with no_thread_free():
        reports = [
            asyncio.create_task(world.get(f"/v1/creditors/{creditor}/reports/ageing"))
            for creditor in creditors
        ]
        for _ in range(20 * len(creditors)):  # so often that all reports have come as far as may be
            await world.service.read(creditor_stream(creditors[0]))
        await world.tell(balance_of(world), creditor=creditors[0])
        assert not any(report.done() for report in reports)
    assert [(await report).status_code for report in reports] == [200] * len(creditors)


async def set_up_with_an_account(world: World, creditor: str) -> None:
    given = {"name": "Acme", "time_zone": ZONE.key, "currency": "CNY", "policy": "county-hospital"}
    headers = world.headers("manager")
    answer = await world.http.put(f"/v1/creditors/{creditor}", json=given, headers=headers)
    assert answer.status_code == 200, answer.text
    await world.tell(balance_of(world), creditor=creditor)


def balance_of(world: World) -> Contract:
    state = item_state(100, date(2026, 3, 3), world.today, item_id="INV-1", principal=100)
    return world.ledger.balance("P-1", world.today, state)
