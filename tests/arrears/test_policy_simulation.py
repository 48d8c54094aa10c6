"""`arrears policy simulate`: two policies on the same events, and nothing left behind."""

import tempfile
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest
from typer.testing import CliRunner

from arrears.billing import cloud_event
from arrears.cli import app
from arrears.errors import FileError, UsageError
from arrears.policy_simulation.figures import Figures, Prices, read_prices
from arrears.policy_simulation.recorded import from_file
from services.dunning.policy.load import SHIPPED

ZONE = ZoneInfo("Asia/Shanghai")
DAYS = (date(2026, 3, 1), date(2026, 4, 30))


def event(kind: str, account: str, name: str, time: str, **data: object) -> bytes:
    at = date.fromisoformat(time)
    told = cloud_event(
        kind,
        creditor="acme",
        account=account,
        id=name,
        at=_ten(at),
        data={"account_id": account, **data},
        source="tests",
    )
    return orjson.dumps(told)


def _ten(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 10, tzinfo=ZONE)


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Two debtors who never pay: D-1 owes 300.00 since 20 January, before the days that are looked
    at, D-2 since 10 March.
    """
    debtor = {"name": "A", "kind": "natural_person", "phones": ["+8613800100001"]}
    invoice = {"amount": 30_000, "currency": "CNY", "item": "fee"}
    lines = [
        event("account.upserted.v1", "D-1", "e1", "2026-01-05", debtor=debtor),
        event("invoice.issued.v1", "D-1", "e2", "2026-01-06", invoice_id="OLD",
              issued_on="2026-01-06", due_on="2026-01-20", **invoice),
        event("account.upserted.v1", "D-2", "e4", "2026-01-07", debtor=debtor),
        event("invoice.issued.v1", "D-2", "e3", "2026-03-02", invoice_id="NEW",
              issued_on="2026-03-02", due_on="2026-03-10", **invoice),
    ]  # fmt: skip
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def test_what_was_recorded_before_the_days_is_carried_into_them(recorded: Path) -> None:
    found = from_file(recorded, "acme", DAYS, "mobile")
    assert [e["id"] for e in found.events] == ["e1", "e2", "e4", "e3"]
    assert (found.begins, found.counted) == (_ten(date(2026, 1, 5)), 1)
    january = from_file(recorded, "acme", (date(2026, 1, 1), date(2026, 1, 31)), "mobile")
    assert [e["id"] for e in january.events] == ["e1", "e2", "e4"]
    assert from_file(recorded, "other", DAYS, "mobile").events == []


def test_a_line_that_is_no_event_is_named(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"type": "billing.x.v1", "time": "2026-03-01T00:00:00Z"}\nnothing\n')
    with pytest.raises(FileError, match=r"events\.jsonl:2: is no CloudEvent"):
        from_file(path, "acme", DAYS, "mobile")


def test_without_a_policy_to_compare_with_it_says_what_to_give(recorded: Path) -> None:
    with pytest.raises(UsageError, match="--present"):
        from_file(recorded, "acme", DAYS, None)


def test_a_price_list_with_a_fault_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text("currency: CNY\nnotices:\n  sms: dear\n")
    with pytest.raises(FileError, match=r"prices\.yaml:3: notices\.sms"):
        read_prices(path)


def test_costs_follow_the_price_list_with_other_for_what_it_does_not_name() -> None:
    figures = Figures("acme", ZONE)
    figures.notices.update({"sms": 3, "letter": 1})
    figures.legal["complaint"] = 1
    prices = Prices(currency="CNY", notices={"sms": 5, "other": 100}, legal={"complaint": 9})
    assert figures.cost(prices) == 3 * 5 + 100 + 9


def test_first_contact_counts_from_the_oldest_due_date_whatever_topic_comes_first() -> None:
    figures = Figures("acme", ZONE)
    sent = {"channel": "sms", "case_id": "c1"}
    opened = {"case_id": "c1", "oldest_due_on": "2026-03-10"}
    for kind, at, data in (
        ("notifier.notice.sent.v1", "2026-03-13T02:00:00Z", sent),
        ("notifier.notice.sent.v1", "2026-03-11T02:00:00Z", sent),
        ("dunning.case.opened.v1", "2026-03-10T16:00:00Z", opened),
    ):
        figures.hear({"type": kind, "creditor": "acme", "time": at, "data": data})
    figures.hear({"type": "dunning.case.opened.v1", "creditor": "other", "data": {}})
    assert (figures.cases, figures.days_to_first_contact) == (1, [1])


def test_two_policies_are_played_side_by_side_and_nothing_is_left(
    recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = tmp_path / "new.yaml"
    text = (SHIPPED / "mobile.yaml").read_text()
    gentle = text.replace("restrict_day: {default: 8,", "restrict_day: {default: 60,")
    assert gentle != text
    new.write_text(gentle.replace("version: 1", "version: 2"))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    arguments = ["policy", "simulate", "--policy", str(new), "--creditor", "acme"]
    arguments += ["--from", "2026-03-01", "--to", "2026-04-30", "--events", str(recorded)]
    shown = _simulated(arguments)
    assert shown["cases opened"] == ["1", "1"]
    assert shown["notices: sms"] == ["1", "1"]
    # At present D-2 alone, since D-1 was barred before; under the new policy D-1 alone.
    assert shown["restrictions: outgoing"] == ["1", "1"]
    assert shown["tasks: phone_call"] == ["1", "1"]
    assert shown["tasks: visit"] == ["1", "1"]
    assert shown["days to first contact, median"] == ["1", "1"]
    assert [p for p in scratch.iterdir() if p.name.startswith("arrears")] == []


def test_what_people_recorded_is_played_under_both_policies(recorded: Path) -> None:
    held = cloud_event(
        "x",
        creditor="acme",
        account="D-2",
        id="e9",
        at=_ten(date(2026, 3, 12)),
        data={"account_id": "D-2", "hold_id": "h1"},
        source="tests",
    )
    hold = {**held, "type": "dunning.hold.placed.v1"}
    release = {**hold, "type": "dunning.hold.released.v1", "time": "2026-04-20T02:00:00Z"}
    refused = {**release, "time": "2026-04-21T02:00:00Z"}
    with recorded.open("ab") as file:
        file.writelines(orjson.dumps(one) + b"\n" for one in (hold, release, refused))
    arguments = ["policy", "simulate", "--policy", "three-stage", "--creditor", "acme"]
    arguments += ["--from", "2026-03-01", "--to", "2026-04-19", "--events", str(recorded)]
    assert _simulated(arguments).get("notices: voice") is None
    arguments[arguments.index("2026-04-19")] = "2026-04-30"
    assert _simulated(arguments)["notices: voice"][0] == "1"


def _simulated(arguments: list[str]) -> dict[str, list[str]]:
    """The table, by its first column; the present policy is the mobile operator's."""
    given = [*arguments, "--present", "mobile"]
    result = CliRunner().invoke(app, given, env={"COLUMNS": "120"})
    assert result.exit_code == 0, result.output
    return {cells[0]: cells[1:] for cells in _cells(result.output)}


def _cells(output: str) -> list[list[str]]:
    lines = [line.strip("│┃ ") for line in output.splitlines()]
    return [[cell.strip() for cell in line.split("│")] for line in lines if "│" in line]
