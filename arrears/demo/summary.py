"""The summary a person reads after the demonstration."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from arrears.demo.tally import Tally
from contracts.words.formats import number

_CURRENCY = "CNY"
"""What every creditor of the demonstration is owed in."""
_COUNTS = (
    "tasks given",
    "approvals asked for",
    "alerts",
    "restrictions made",
    "restrictions lifted",
    "referrals",
    "legal documents",
)
_COLUMNS = {  # what stands above a column: the ledger's buckets that are counted in it
    "not due": ("0",),
    "1-30": ("1-30",),
    "31-60": ("31-60",),
    "61-90": ("61-90",),
    "91-180": ("91-180",),
    "181+": ("181-365", "366+"),
}


def show(
    console: Console,
    tally: Tally,
    creditors: Sequence[Mapping[str, Any]],
    ageing: Mapping[str, Mapping[str, int]],
) -> None:
    """Print counts, money, and an ageing table per creditor."""
    console.print(_counts(tally))
    for table in (_money(tally, creditors, ageing), _ageing(creditors, ageing)):
        console.print()
        console.print(table)
    console.print()


def show_files(console: Console, folder: Path, what: str) -> None:
    """Say how many files of a kind lie where."""
    files = sum(1 for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0
    console.print(f"{files} {what} lie as files in {folder}", soft_wrap=True)


def _counts(tally: Tally) -> Table:
    table = Table(title="What happened", show_header=False)
    table.add_row("events in", str(tally.events_in))
    for name in ("cases opened", "cases closed"):
        table.add_row(name, str(tally.counts[name]))
    for channel, sent in tally.notices.most_common():
        table.add_row(f"notices by {channel.replace('_', ' ')}", str(sent))
    for name in _COUNTS:
        table.add_row(name, str(tally.counts[name]))
    return table


def _money(
    tally: Tally,
    creditors: Sequence[Mapping[str, Any]],
    ageing: Mapping[str, Mapping[str, int]],
) -> Table:
    names = [creditor["id"] for creditor in creditors]
    rows = [
        (
            tally.cases[name],
            tally.billed[name],
            tally.collected[name],
            sum(amount for bucket, amount in ageing[name].items() if bucket != "0"),
        )
        for name in names
    ]
    table = _table(f"Money ({_CURRENCY})", "cases", "billed", "collected", "overdue", gap=2)
    for name, (cases, *amounts) in zip(names, rows, strict=True):
        table.add_row(name, str(cases), *(number(amount, _CURRENCY) for amount in amounts))
    cases, *amounts = (sum(column) for column in zip(*rows, strict=True))
    table.add_section()
    table.add_row("together", str(cases), *(number(amount, _CURRENCY) for amount in amounts))
    return table


def _ageing(
    creditors: Sequence[Mapping[str, Any]], ageing: Mapping[str, Mapping[str, int]]
) -> Table:
    """Whole yuan by days past due: the amounts beside each other must fit into 80 columns."""
    table = _table(f"Open principal by days past due ({_CURRENCY}, whole yuan)", *_COLUMNS, gap=1)
    rows = [
        [
            sum(ageing[creditor["id"]].get(bucket, 0) for bucket in each)
            for each in _COLUMNS.values()
        ]
        for creditor in creditors
    ]
    for creditor, row in zip(creditors, rows, strict=True):
        table.add_row(creditor["id"], *map(_yuan, row))
    table.add_section()
    table.add_row("together", *(_yuan(sum(column)) for column in zip(*rows, strict=True)))
    return table


def _table(title: str, *figures: str, gap: int) -> Table:
    """A table of creditors, with so many spaces between its columns and no lines."""
    padding = (0, 0, 0, gap - 1)  # the box itself puts one space between columns
    table = Table(
        title=title, box=box.SIMPLE_HEAD, show_edge=False, padding=padding, pad_edge=False
    )
    table.add_column("creditor", no_wrap=True)
    for name in figures:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _yuan(minor: int) -> str:
    return f"{(minor + 50) // 100:,}" if minor else "–"
