"""One file of any kind: what happens by it, and what is to be said of everything it holds."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from arrears.billing_import.entries import Aside, Entry, without_repeats
from arrears.billing_import.events import Happening, happenings
from arrears.billing_import.known import Known
from arrears.billing_import.mapping import ImportMap, PaymentColumns
from arrears.billing_import.matching import match
from arrears.billing_import.payments import read_payments, read_statement
from arrears.billing_import.rows import CreditRow, Row, read_export
from arrears.errors import UsageError
from chassis.private import keep_private

UNMATCHED_COLUMNS = (
    "payment", "received", "amount", "returned", "account", "invoice", "takes_back",
    "payer", "text", "reason",
)  # fmt: skip


@dataclass
class Intake:
    """What a file comes to: `told` names each thing not taken, `sums` count everything."""

    rows: Sequence[Row] = ()
    played: list[Happening] = field(default_factory=list)
    """Beside what the rows tell."""
    unmatched: list[tuple[Entry, str]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    sums: list[str] = field(default_factory=list)
    taken: int = 0
    refused: int = 0

    def happenings(self, mapping: ImportMap) -> list[Happening]:
        """Everything that happens by the file, in order."""
        return [*happenings(self.rows, mapping), *self.played]


@dataclass(frozen=True)
class Money:
    """The entries of a file of payments, not matched yet, and what was set aside of it."""

    entries: Sequence[Entry]
    asides: Sequence[Aside]
    told: Sequence[str]
    sums: Sequence[str]
    refused: int


def read_money(path: Path, mapping: ImportMap) -> Money | None:
    """Read a bank's statements or a list of payments; None for an export of invoices."""
    statement = read_statement(path, mapping)
    if statement is not None:
        entries, repeats = without_repeats(statement.entries)
        asides = [*statement.asides, *repeats]
        refused = sum(aside.refused for aside in asides)
        return Money(entries, asides, statement.notes, (), refused)
    if mapping.payments is None:
        return None
    return _listed(path, mapping, mapping.payments)


def _listed(path: Path, mapping: ImportMap, columns: PaymentColumns) -> Money:
    sifted = read_payments(path, mapping, columns)
    told = [str(refusal) for refusal in sifted.refusals]
    return Money(sifted.rows, (), told, (sifted.lines,), len(told))


def take_money(money: Money, known: Known, mapping: ImportMap) -> Intake:
    """Match entries with what is known."""
    found = match(money.entries, known, mapping)
    set_aside = [aside for aside in money.asides if not aside.refused]
    unmatched = [f"{entry.where}: unmatched: {reason}" for entry, reason in found.unmatched]
    counted = (
        f"{len(money.entries) + len(money.asides)} entries: {found.payments} payments, "
        f"{found.returns} taken back, {len(found.before)} imported before, "
        f"{len(unmatched)} unmatched, {len(set_aside)} left out"
    )
    refused = sum(aside.refused for aside in money.asides)
    return Intake(
        played=found.played,
        unmatched=found.unmatched,
        told=[*money.told, *map(str, [*money.asides, *found.before]), *unmatched],
        sums=[f"{counted}, {refused} refused", *money.sums],
        taken=len(found.played) + len(found.before),
        refused=money.refused,
    )


def take_invoices(path: Path, mapping: ImportMap) -> Intake:
    """Read an export of invoices or open items."""
    export = read_export(path, mapping)
    credits_ = [row for row in export.rows if isinstance(row, CreditRow)]
    used_up = sum(not row.amount for row in credits_)
    sums = [f"{len(export.rows)} rows taken, {len(export.refusals)} refused", export.lines]
    if credits_:
        sums.append(f"{len(credits_)} of the rows are credit notes, {used_up} with nothing open")
    return Intake(
        rows=export.rows,
        told=[str(refusal) for refusal in export.refusals],
        sums=sums,
        taken=len(export.rows),
        refused=len(export.refusals),
    )


def write_unmatched(path: Path, unmatched: Iterable[tuple[Entry, str]], decimals: int) -> None:
    """Write what nobody was found for as a list that can be filled in and imported."""
    keep_private(path)
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            table = csv.writer(file)
            table.writerow(UNMATCHED_COLUMNS)
            table.writerows(_unmatched(entry, reason, decimals) for entry, reason in unmatched)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error


def _unmatched(entry: Entry, reason: str, decimals: int) -> list[str]:
    received = entry.received
    day = received.date() if isinstance(received, datetime) else received
    whole, fraction = divmod(entry.amount, 10**decimals)
    amount = f"{whole}.{fraction:0{decimals}}" if decimals else str(whole)
    return [
        entry.payment,
        day.isoformat(),
        amount,
        "yes" if entry.is_return else "no",
        entry.said.account,
        ";".join(entry.said.invoices),
        entry.said.takes_back[0] if entry.said.takes_back else "",
        _harmless("; ".join(entry.said.payers)),
        _harmless(" ".join(" ".join(entry.said.texts).split())),
        reason,
    ]


def _harmless(text: str) -> str:
    """What a spreadsheet does not run as a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
