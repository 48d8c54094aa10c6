"""The summary a person reads after the demonstration."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from arrears.demo.tally import Tally

BUCKETS = ("0", "1-30", "31-60", "61-90", "91-180", "181-365", "366+")


def show(
    console: Console,
    tally: Tally,
    creditors: Sequence[Mapping[str, Any]],
    ageing: Mapping[str, Mapping[str, int]],
) -> None:
    """Print counts, money, and an ageing table per creditor."""
    console.print(_counts(tally))
    console.print(_money(tally, creditors, ageing))
    console.print(_ageing(creditors, ageing))


def show_files(console: Console, folder: Path, what: str) -> None:
    """Say how many files of a kind lie where."""
    files = sum(1 for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0
    console.print(f"{files} {what} lie as files in {folder}", soft_wrap=True)


def money(minor: int) -> str:
    """Write an amount of minor units the way people do."""
    return f"{minor / 100:,.2f}"


def _counts(tally: Tally) -> Table:
    table = Table(title="What happened", show_header=False)
    table.add_row("events in", str(tally.events_in))
    for name in ("cases opened", "cases closed"):
        table.add_row(name, str(tally.counts[name]))
    for channel, number in tally.notices.most_common():
        table.add_row(f"notices by {channel.replace('_', ' ')}", str(number))
    for name in ("tasks given", "restrictions made", "restrictions lifted", "legal documents"):
        table.add_row(name, str(tally.counts[name]))
    return table


def _money(
    tally: Tally,
    creditors: Sequence[Mapping[str, Any]],
    ageing: Mapping[str, Mapping[str, int]],
) -> Table:
    table = Table("creditor", title="Money (CNY)")
    for name in ("billed", "collected", "overdue"):
        table.add_column(name, justify="right")
    total = [0, 0, 0]
    for creditor in creditors:
        name = creditor["id"]
        overdue = sum(v for bucket, v in ageing[name].items() if bucket != "0")
        row = [tally.billed[name], tally.collected[name], overdue]
        total = [a + b for a, b in zip(total, row, strict=True)]
        table.add_row(name, *map(money, row))
    table.add_section()
    table.add_row("together", *map(money, total))
    return table


def _ageing(
    creditors: Sequence[Mapping[str, Any]], ageing: Mapping[str, Mapping[str, int]]
) -> Table:
    """Days past due downwards, so that the amounts have room on a narrow terminal."""
    table = Table("days past due", title="Open principal by age (CNY)")
    for creditor in creditors:
        table.add_column(creditor["id"], justify="right")
    for bucket in BUCKETS:
        amounts = [money(ageing[creditor["id"]].get(bucket, 0)) for creditor in creditors]
        table.add_row("not due" if bucket == "0" else bucket, *amounts)
    return table
