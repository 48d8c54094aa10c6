"""Setting up creditors."""

from datetime import date
from pathlib import Path

import services.dunning.policy as policy_package
from contracts import dunning
from services.dunning.main import build
from tests.dunning.app.world import World, local
from tests.support.service_world import CREDITOR

POLICIES = Path(policy_package.__file__).parent.parent / "policies"


async def test_a_creditor_is_shown_as_it_was_set_up(world: World) -> None:
    await world.set_up(parameters={"restrict_day": 12})
    shown = (await world.get(f"/v1/creditors/{CREDITOR}")).json()
    assert (shown["policy"], shown["policy_version"]) == ("county-hospital", 1)
    assert shown["parameters"] == {"restrict_day": "12"}
    assert shown["time_zone"] == "Asia/Shanghai"


async def test_parameters_move_the_steps(world: World) -> None:
    await world.set_up(parameters={"restrict_day": 12})
    await world.owes(1_000, date(2026, 3, 8))
    await world.run_until(local(3, 25))
    restricted = [e["day"] for e in await world.timeline() if e["kind"] == "restrict"]
    assert restricted == ["2026-03-20"]


async def test_a_pack_of_ones_own_is_followed_also_after_a_restart(world: World) -> None:
    text = (POLICIES / "three-stage.yaml").read_text().replace("id: three-stage", "id: own-pack")
    answer = await world.set_up(policy=None, policy_document=text)
    assert answer.status_code == 200, answer.text
    await world.owes(1_000, date(2026, 3, 8))
    await world.run_until(local(3, 9, 0))
    await world.service.leases.leave()
    other = await build(
        world.service.settings.model_copy(update={"instance": "second"}),
        clock=world.clock,
        bus=world.bus,
        dsn=world.dsn,
        strict=True,
    )
    world.clock.set(local(3, 9, 9))
    while await other.step():
        pass
    events = await other.events(f"account-{CREDITOR}/P-1")
    await other.stop()
    steps = [e.event for e in events if e.type == "StepTaken"]
    assert [(s.step, s.policy) for s in steps] == [("reminder_and_call", "own-pack")]


async def test_a_faulty_pack_is_refused_with_line_and_field(world: World) -> None:
    text = (POLICIES / "three-stage.yaml").read_text().replace("day: $stop_day", "day: $nothing")
    answer = await world.set_up(policy=None, policy_document=text)
    assert answer.status_code == 422
    assert "nothing" in answer.json()["detail"]
    assert "policy_document:" in answer.json()["detail"]


async def test_an_unknown_pack_zone_or_parameter_is_refused(world: World) -> None:
    assert (await world.set_up("no-such-pack")).status_code == 404
    assert (await world.set_up(time_zone="Mars/Olympus")).status_code == 422
    assert (await world.set_up(parameters={"no_such": 1})).status_code == 422
    assert (await world.set_up(currency="yuan")).status_code == 422
    for no_number in (True, "1", 0):  # what is true is not kept for one day
        assert (await world.set_up(retention_days=no_number)).status_code == 422
    assert (await world.get(f"/v1/creditors/{CREDITOR}")).status_code == 404


async def test_only_managers_set_creditors_up(world: World) -> None:
    body = {
        "name": "Acme",
        "time_zone": "Asia/Shanghai",
        "currency": "CNY",
        "policy": "mobile",
    }
    url = f"/v1/creditors/{CREDITOR}"
    refused = await world.http.put(url, json=body, headers=world.headers("collector"))
    assert refused.status_code == 403


async def test_putting_the_same_again_publishes_nothing_new(world: World) -> None:
    await world.set_up()
    first = len(await world.published("dunning"))
    await world.set_up()
    assert len(await world.published("dunning")) == first


async def test_a_time_zone_that_is_none_is_named_as_such(world: World) -> None:
    answer = await world.set_up(time_zone="Mars/Olympus")
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "time_zone", "in": "body", "problem": "is no IANA time zone"}
    ]


async def test_a_calendar_is_kept_told_to_others_and_shown(world: World) -> None:
    await world.set_up(calendar=["2026-03-09", "2026-03-31"])
    await world.set_up(calendar="CN")
    assert (await world.get(f"/v1/creditors/{CREDITOR}")).json()["calendar"] == "CN"
    told = [m.data for m in await world.of(dunning.TermsPublished)]
    days = (date(2026, 3, 9), date(2026, 3, 31))
    assert {(t.calendar, t.closed_days) for t in told} == {(None, days), ("CN", ())}


async def test_a_calendar_nobody_knows_is_refused(world: World) -> None:
    answer = await world.set_up(calendar="XX")
    assert answer.status_code == 422
    told = {each["field"]: each["problem"] for each in answer.json()["errors"]}
    assert told.keys() == {"calendar"}, "places are the fields of the body, not types of ours"
    soon = await world.set_up(calendar=["soon"])
    assert soon.status_code == 422
    assert "calendar.0" in {each["field"] for each in soon.json()["errors"]}
