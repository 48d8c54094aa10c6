"""What several reports share: figures of items, ages, sums.

Every report is a mapping; a table in it maps a key (an account, an item) to a row, so that each
figure has a dotted path. Amounts are minor units, days ISO dates, rates percent.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from contracts.words.ageing import BUCKET_NAMES, bucket_of
from contracts.words.late_fee import late_fee_at
from services.dunning.domain.money.owing import disputed_ids
from services.dunning.reports.book import Book, Debt

Row = dict[str, Any]
Rows = dict[str, Row]


def days_overdue(book: Book, debt: Debt, day: date) -> int:
    """How long an item has been overdue; 0 when it is not, or is disputed."""
    if debt.item.item_id in disputed_ids(book.state):
        return 0
    return max(0, (day - debt.item.due_on).days)


def figures(book: Book, debt: Debt, day: date) -> Row:
    """An open item with what it owes on a day."""
    item = debt.item
    fee = late_fee_at(item.accrual, day)
    days = days_overdue(book, debt, day)
    return {
        "account": book.account,
        "item": item.item,
        "issued_on": item.issued_on.isoformat(),
        "due_on": item.due_on.isoformat(),
        "amount": item.amount,
        "principal": item.principal,
        "late_fee": fee,
        "total": item.principal + fee,
        "days_overdue": days,
        "bucket": bucket_of(days),
        "disputed": item.item_id in disputed_ids(book.state),
    }


def overdue_rows(book: Book, day: date) -> Rows:
    """The overdue items of an account by id, oldest first."""
    return {key: row for key, row in open_rows(book, day).items() if row["days_overdue"]}


def open_rows(book: Book, day: date) -> Rows:
    """The open items of an account by id, oldest first."""
    rows = {debt.item.item_id: figures(book, debt, day) for debt in book.open_debts()}
    return {key: row for key, row in rows.items() if row["total"] > 0}


def sums(rows: Iterable[Mapping[str, Any]]) -> Row:
    """How many items and accounts, and what they owe."""
    every = list(rows)
    return {
        "accounts": len({row["account"] for row in every}),
        "items": len(every),
        "principal": sum(row["principal"] for row in every),
        "late_fee": sum(row["late_fee"] for row in every),
        "total": sum(row["total"] for row in every),
    }


def ageing(rows: Iterable[Mapping[str, Any]]) -> Rows:
    """The sums of each bucket, empty ones too."""
    every = list(rows)
    return {name: sums(row for row in every if row["bucket"] == name) for name in BUCKET_NAMES}


def percent(part: int, whole: int) -> int | float | None:
    """A share in percent to two places, half-up; None of nothing."""
    return shown(Decimal(part) * 100 / Decimal(whole)) if whole else None


def shown(value: Decimal) -> int | float:
    """A percentage as JSON has it: rounded half-up to two places, whole where it is whole."""
    rounded = value.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return int(rounded) if rounded == rounded.to_integral_value() else float(rounded)
