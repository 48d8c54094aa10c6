"""The demonstration on a part of the samples: real services, and a summary that adds up."""

import json
import re
import zipfile
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from arrears.cli import app
from arrears.demo import summary
from arrears.demo.run import run
from arrears.demo.tally import Tally
from arrears.errors import UsageError
from tests.support.debian import require

SAMPLES = Path(__file__).parents[2] / "samples"
ACCOUNTS = 2
SUFFIXES = {"email": ".eml", "letter": ".pdf", "registered_letter": ".pdf", "ems": ".pdf"}
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
    require("fonts-noto-cjk")
    samples = tmp_path / "samples"
    samples.mkdir()
    events = few_accounts(samples)
    console = Console(record=True, width=100)
    demo = tmp_path / "demo"
    await run(samples, demo, console)
    said = console.export_text()
    counted = {name: int(number) for name, number in re.findall(r"│ ([\w ]+?) +│ (\d+) +│", said)}
    assert counted["events in"] == events
    assert counted["cases opened"] >= counted["cases closed"] > 0
    notices = sum(number for name, number in counted.items() if name.startswith("notices by"))
    files = [path for path in (demo / "outbox").rglob("*") if path.is_file()]
    assert len(files) == notices > 0
    assert "Open principal by days past due" in said
    assert all(path.suffix == SUFFIXES.get(path.parent.name, ".txt") for path in files)
    texts = (demo / "sms.txt").read_text().splitlines()
    assert len(texts) == counted["notices by sms"]
    assert all(re.match(r"[\w-]+\t2\d{3}-\d\d-\d\d\t\+86\d+\t.{20}", text) for text in texts)
    post_answers(demo)
    evidence_holds(demo, said)


def only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def post_answers(demo: Path) -> None:
    """The list of a day, its labels, and the list as the post answered it."""
    (written,) = set((demo / "posting").glob("*.csv")) - set(demo.glob("posting/*-answered.csv"))
    assert written.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    assert "XA000000001CN" in only(demo, "posting/*-answered.csv").read_text("utf-8-sig")


def evidence_holds(demo: Path, said: str) -> None:
    """What the post answered is in the evidence, which a changed byte spoils."""
    evidence = only(demo, "evidence/*.zip")
    with zipfile.ZipFile(evidence) as archive:
        notices = [archive.read(n) for n in archive.namelist() if n.startswith("notices/")]
        happened = [archive.read(n) for n in archive.namelist() if n.startswith("timeline/")]
    assert any(b"XA000000001CN" in one and b'"signed"' in one for one in notices)
    assert any(b'"signed"' in one for one in happened)
    head = re.search(r"head ([0-9a-f]{64})", said)
    assert head is not None
    proof = CliRunner().invoke(app, ["evidence", "verify", str(evidence), "--head", head[1]])
    assert proof.exit_code == 0, proof.output
    content = bytearray(evidence.read_bytes())
    content[len(content) // 3] ^= 1
    evidence.write_bytes(content)
    spoilt = CliRunner().invoke(app, ["evidence", "verify", str(evidence)])
    assert isinstance(spoilt.exception, UsageError)


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
