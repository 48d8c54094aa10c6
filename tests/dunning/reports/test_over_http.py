"""Reports over HTTP: as they stand, on an earlier day, stored by the calendar, as files."""

import csv
from datetime import date
from typing import Any

from contracts import ledger
from services.dunning.api.models.reports import ReportOut
from services.dunning.reports import REPORTS
from services.dunning.reports.export import MONEY
from tests.dunning.app.world import World, local
from tests.support.service_world import CREDITOR

COUNTS = {
    *("accounts", "items", "payments", "open", "paused", "days_overdue", "days_past_due"),
    *("quarter", "rate", "target", "collector", "supervisor", "head_office"),
}
URL = f"/v1/creditors/{CREDITOR}/reports"


async def test_report_of_an_earlier_day_knows_nothing_later(world: World) -> None:
    await world.set_up()
    await world.owes(830000, date(2026, 3, 8))
    await world.run_until(local(3, 12))
    await world.owes(830000, date(2026, 3, 8), left=0)
    then = (await world.get(f"{URL}/ageing", as_of="2026-03-11")).json()["values"]
    now = (await world.get(f"{URL}/ageing")).json()["values"]
    assert then["buckets"]["1-30"]["principal"] == 830000
    assert now["total"]["principal"] == 0


async def test_report_the_calendar_stored_is_read_back(world: World) -> None:
    await world.set_up()
    await world.owes(100, date(2026, 3, 3))
    await world.run_until(local(3, 5, 12))
    await world.owes(100, date(2026, 3, 3), left=0)
    stored = (await world.get(f"{URL}/arrears_register", as_of="2026-03-05")).json()["values"]
    assert stored["overdue"]["principal"] == 100
    listed = (await world.get(URL)).json()["reports"]
    assert {"name": "arrears_register", "stored": ["2026-03-05"]} in listed


async def test_names_are_shown_and_neutralised_in_files(world: World) -> None:
    await world.set_up()
    await world.knows("=SUM(A1)")
    await world.owes(100, date(2026, 3, 3))
    await world.run_until(local(3, 5, 12))
    answer = await world.get(f"{URL}/register", format="csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "'=SUM(A1)" in answer.text
    sheet = await world.get(f"{URL}/register", format="xlsx")
    assert sheet.content.startswith(b"PK")


async def test_names_of_an_erased_debtor_are_gone(world: World) -> None:
    await world.set_up()
    await world.knows("张三")
    await world.owes(100, date(2026, 3, 3))
    await world.run_until(local(3, 5, 12))
    await world.tell(ledger.AccountErasureConfirmed(account_id="P-1"))
    row = (await world.get(f"{URL}/register")).json()["values"]["accounts"]["P-1"]
    assert row["name"] is None
    assert row["principal"] == 100


async def test_names_are_for_staff_alone(world: World) -> None:
    await world.set_up()
    await world.knows("张三")
    await world.owes(100, date(2026, 3, 3))
    await world.run_until(local(3, 5, 12))
    for name in ("receivables_detail", "ageing", "arrears_summary", "register"):
        shown = [
            "张三" in (await world.get(f"{URL}/{name}", role, format="csv")).text
            for role in ("collector", "auditor")
        ]
        assert shown == [True, False], name


async def test_the_number_people_call_an_account_stands_beside_it_for_staff(world: World) -> None:
    await world.set_up()
    await world.knows("张三", number="京A12345")
    await world.owes(100, date(2026, 3, 3))
    await world.run_until(local(3, 5, 12))
    for role, number in (("collector", "京A12345"), ("auditor", None)):
        answer = await world.get(f"{URL}/receivables_detail", role, format="csv")
        (row,) = csv.DictReader(answer.content.decode("utf-8-sig").splitlines())
        assert row.get("number") == number


async def test_a_file_shows_amounts_in_the_creditors_currency(world: World) -> None:
    await world.set_up(currency="KWD")
    await world.owes(1234567, date(2026, 3, 3), currency="KWD")
    await world.run_until(local(3, 5, 12))
    answer = await world.get(f"{URL}/ageing", format="csv")
    (row,) = csv.DictReader(answer.content.decode("utf-8-sig").splitlines())
    assert (row["1-30"], row["0"], row["currency"]) == ("1234.567", "0.000", "KWD")


async def test_unknown_report_is_named_with_those_there_are(world: World) -> None:
    await world.set_up()
    answer = await world.get(f"{URL}/horoscope")
    assert answer.status_code == 404
    assert "collection_rate" in answer.text


NAMES = (
    "receivables_detail",
    "ageing",
    "arrears_analysis",
    "arrears_by_segment",
    "effectiveness",
    "recovery_analysis",
    "arrears_summary",
    "register",
    "commission_statement",
    "collection_rate",
)


async def _drawn(world: World, as_of: str | None = None) -> dict[str, Any]:
    """Every report as it stands, or stood."""
    query = {"as_of": as_of} if as_of else {}
    answers = {name: await world.get(f"{URL}/{name}", **query) for name in NAMES}
    return {name: answer.json()["values"] for name, answer in answers.items()}


async def test_every_report_has_data_and_each_day_is_told_again_from_the_events(
    world: World,
) -> None:
    await world.set_up("luquan-telecom", parameters={"agency_day": 2, "call_day": 1})
    nobody = await _drawn(world)
    seen = {}
    await world.knows("张三", account="P-1", segment="public")
    await world.knows("李四", account="P-2", segment="enterprise")
    await world.owes(100_000, date(2026, 3, 5))
    await world.owes(40_000, date(2026, 3, 6), account="P-2", item="INV-2")
    await world.run_until(local(3, 12))
    seen["2026-03-12"] = await _drawn(world)
    paid = world.ledger.allocated(
        "P-1", world.clock.now(), {"INV-1": 30_000}, collected_by="诚远代理行"
    )
    await world.run_until(local(3, 14))
    await world.tell(paid)
    await world.owes(100_000, date(2026, 3, 5), left=70_000)
    seen["2026-03-14"] = await _drawn(world)
    await world.run_until(local(3, 18))
    await world.post("/v1/accounts/P-2/disputes", {"kind": "objection"})
    await world.owes(100_000, date(2026, 3, 5), left=0)
    seen["2026-03-18"] = await _drawn(world)
    await world.run_until(local(3, 25))
    for day, then in seen.items():
        assert await _drawn(world, day) == then, day
    for name in NAMES:
        amounts = MONEY | REPORTS[name].money
        assert _numbers(seen["2026-03-14"][name]) <= amounts | COUNTS, name
        assert _without_day(seen["2026-03-14"][name]) != _without_day(nobody[name]), name


def _numbers(values: dict[str, Any]) -> set[str]:
    """The names of the fields that hold whole numbers."""
    found: set[str] = set()
    for field, value in values.items():
        if isinstance(value, dict):
            found |= _numbers(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            found.add(field)
    return found


def _without_day(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "as_of"}


async def test_every_report_is_answered_as_its_model_says(world: World) -> None:
    await world.set_up()
    await world.knows("张三")
    await world.owes(100, date(2026, 3, 3))
    await world.run_until(local(3, 5, 12))
    for name in REPORTS:
        answer = await world.get(f"{URL}/{name}")
        told = ReportOut.model_validate_json(answer.content, strict=True)
        assert set(answer.json()) == set(ReportOut.model_fields)
        assert (told.creditor, told.name) == (CREDITOR, name)
        assert told.model_dump_json().encode() == answer.content
