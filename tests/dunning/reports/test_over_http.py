"""Reports over HTTP: as they stand, on an earlier day, stored by the calendar, as files."""

from datetime import date

from contracts import billing
from tests.dunning.app.conftest import CREDITOR, Desk, local

URL = f"/v1/creditors/{CREDITOR}/reports"


async def test_report_of_an_earlier_day_knows_nothing_later(desk: Desk) -> None:
    await desk.set_up()
    await desk.owes(830000, date(2026, 3, 8))
    await desk.run_until(local(3, 12))
    await desk.owes(830000, date(2026, 3, 8), left=0)
    then = (await desk.get(f"{URL}/ageing", as_of="2026-03-11")).json()["values"]
    now = (await desk.get(f"{URL}/ageing")).json()["values"]
    assert then["buckets"]["1-30"]["principal"] == 830000
    assert now["total"]["principal"] == 0


async def test_report_the_calendar_stored_is_read_back(desk: Desk) -> None:
    await desk.set_up()
    await desk.owes(100, date(2026, 3, 3))
    await desk.run_until(local(3, 5, 12))
    await desk.owes(100, date(2026, 3, 3), left=0)
    stored = (await desk.get(f"{URL}/arrears_register", as_of="2026-03-05")).json()["values"]
    assert stored["overdue"]["principal"] == 100
    listed = (await desk.get(URL)).json()["reports"]
    assert {"name": "arrears_register", "stored": ["2026-03-05"]} in listed


async def test_names_are_shown_and_neutralised_in_files(desk: Desk) -> None:
    await desk.set_up()
    await desk.knows("=SUM(A1)")
    await desk.owes(100, date(2026, 3, 3))
    await desk.run_until(local(3, 5, 12))
    answer = await desk.get(f"{URL}/register", format="csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "'=SUM(A1)" in answer.text
    sheet = await desk.get(f"{URL}/register", format="xlsx")
    assert sheet.content.startswith(b"PK")


async def test_names_of_an_erased_debtor_are_gone(desk: Desk) -> None:
    await desk.set_up()
    await desk.knows("张三")
    await desk.owes(100, date(2026, 3, 3))
    await desk.run_until(local(3, 5, 12))
    await desk.tell(billing.AccountErased(account_id="P-1"))
    row = (await desk.get(f"{URL}/register")).json()["values"]["accounts"]["P-1"]
    assert row["name"] is None
    assert row["principal"] == 100


async def test_unknown_report_is_named_with_those_there_are(desk: Desk) -> None:
    await desk.set_up()
    answer = await desk.get(f"{URL}/horoscope")
    assert answer.status_code == 404
    assert "collection_rate" in answer.text
