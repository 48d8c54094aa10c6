"""The demonstration on a part of the samples: real services, and a summary that adds up."""

import json
import re
from pathlib import Path

from rich.console import Console

from arrears.demo.run import run
from arrears.demo.tally import Tally

SAMPLES = Path(__file__).parents[2] / "samples"
ACCOUNTS = 6


def few_accounts(folder: Path) -> int:
    """Write the samples of each creditor's first accounts; return how many events that are."""
    number = 0
    creditors = json.loads((SAMPLES / "creditors.json").read_bytes())
    (folder / "creditors.json").write_text(json.dumps(creditors))
    for creditor in creditors:
        lines = (SAMPLES / f"{creditor['id']}.jsonl").read_text().splitlines()
        kept = [x for x in lines if int(json.loads(x)["subject"].rpartition("-")[2]) <= ACCOUNTS]
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
    assert "Open principal by age" in said


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
