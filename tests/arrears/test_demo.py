"""The demonstration on a part of the samples: real services, and a summary that adds up."""

import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from arrears.demo import summary
from arrears.demo.run import run
from arrears.demo.tally import Tally

SAMPLES = Path(__file__).parents[2] / "samples"
ACCOUNTS = 2
BIG = ("county-hospital", "mobile", "service-company")


def account_number(event: dict[str, str]) -> int:
    """The number in an account's id; 0 where the event is about the creditor."""
    return int(event.get("subject", "-0").rpartition("-")[2])


def few_accounts(folder: Path) -> int:
    """Write the samples of each creditor's first accounts; return how many events that are."""
    number = 0
    creditors = json.loads((SAMPLES / "creditors.json").read_bytes())
    (folder / "creditors.json").write_text(json.dumps(creditors))
    for creditor in creditors:
        most = 4 * ACCOUNTS if creditor["id"] in BIG else ACCOUNTS
        lines = (SAMPLES / f"{creditor['id']}.jsonl").read_text().splitlines()
        kept = [x for x in lines if account_number(json.loads(x)) <= most]
        (folder / f"{creditor['id']}.jsonl").write_text("\n".join(kept))
        number += len(kept)
    return number


async def test_the_summary_counts_what_went_in_and_out(tmp_path: Path) -> None:
    samples = tmp_path / "samples"
    samples.mkdir()
    events = few_accounts(samples)
    console = Console(record=True, width=100)
    await run(samples, tmp_path / "demo", console)
    said = console.export_text()
    counted = {name: int(number) for name, number in re.findall(r"│ ([\w ]+?) +│ (\d+) +│", said)}
    assert counted["events in"] == events
    assert counted["cases opened"] >= counted["cases closed"] > 0
    notices = sum(number for name, number in counted.items() if name.startswith("notices by"))
    files = [path for path in (tmp_path / "demo" / "outbox").rglob("*") if path.is_file()]
    assert len(files) == notices > 0
    assert "Open principal by days past due" in said


def wide_tally() -> tuple[Tally, list[dict[str, str]], dict[str, dict[str, int]]]:
    """Creditors with names and amounts as long as those of the samples."""
    creditors = json.loads((SAMPLES / "creditors.json").read_bytes())
    buckets = ("0", "1-30", "31-60", "61-90", "91-180", "181-365", "366+")
    ageing = {c["id"]: dict.fromkeys(buckets, 123_456_78) for c in creditors}
    return Tally(), creditors, ageing


@pytest.mark.parametrize("width", [80, 120])
def test_every_creditor_has_its_row_with_all_figures_on_a_terminal_of_any_width(width: int) -> None:
    tally, creditors, ageing = wide_tally()
    console = Console(record=True, width=width)
    summary.show(console, tally, creditors, ageing)
    said = console.export_text()
    assert re.search(r"^ *together +(2,592,592 +){5}5,185,185 *$", said, re.MULTILINE)
    for creditor in creditors:
        assert re.search(rf"^ *{creditor['id']} +(123,457 +){{5}}246,914 *$", said, re.MULTILINE)
        assert re.search(rf"^ *{creditor['id']} +0 +0.00 +0.00 +740,740.68 *$", said, re.MULTILINE)
    assert "…" not in said
    assert max(map(len, said.splitlines())) <= width


def test_referrals_alerts_and_cases_are_counted() -> None:
    tally = Tally()
    for kind in ("case.opened", "referral.made", "alert.raised", "case.opened"):
        tally.hear({"type": f"dunning.{kind}.v1", "creditor": "c", "data": {}})
    assert tally.cases["c"] == tally.counts["cases opened"] == 2
    assert tally.counts["referrals"] == tally.counts["alerts"] == 1


def test_money_that_is_allocated_anew_counts_once() -> None:
    tally = Tally()
    paid = {"payment_id": "P", "amount": 70}
    for kind in ("payment.allocated", "payment.allocated"):
        tally.hear({"type": f"ledger.{kind}.v1", "creditor": "c", "data": paid})
    assert tally.collected["c"] == 70
    tally.hear({"type": "ledger.payment.reversed.v1", "creditor": "c", "data": paid})
    assert tally.collected["c"] == 0


def test_a_cancelled_invoice_is_not_billed() -> None:
    tally = Tally()
    for state in ("open", "cancelled"):
        items = [{"item_id": "I", "amount": 50, "state": state}, {"item_id": "J", "amount": 9}]
        event = {"type": "ledger.balance.changed.v1", "creditor": "c", "data": {"items": items}}
        tally.hear(event)
    assert tally.billed["c"] == 9
