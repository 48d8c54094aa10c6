"""What collecting brought in: by step, after referral, and what was earned by it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from services.dunning.policy.model import Pack
from services.dunning.reports.book import Book
from services.dunning.reports.parts import Row, Rows, overdue_rows, percent

LARGE_AMOUNT = 1_000_000
"""From how much overdue principal on an account is large, where the pack has no `large_amount`."""


def effectiveness(books: Sequence[Book], day: date, pack: Pack) -> Row:
    """How much was ever in arrears, and how much of it each step brought in.

    A payment counts for the last step taken before it; before any step: `none`.
    """
    in_arrears = [book for book in books if book.arrears]
    by_step: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for book in in_arrears:
        for receipt in book.receipts.values():
            if receipt.recovered:
                step = pack.names(receipt.step)[0] if receipt.step else "none"
                by_step[step].append((book.account, receipt.recovered))
    amount = sum(sum(book.arrears.values()) for book in in_arrears)
    recovered = sum(amount for paid in by_step.values() for _, amount in paid)
    return {
        "as_of": day.isoformat(),
        "accounts": len(in_arrears),
        "amount": amount,
        "recovered": recovered,
        "rate": percent(recovered, amount),
        "by_step": {
            step: {
                "step": step,
                "accounts": len({account for account, _ in paid}),
                "payments": len(paid),
                "recovered": sum(amount for _, amount in paid),
                "rate": percent(sum(amount for _, amount in paid), amount),
            }
            for step, paid in sorted(by_step.items())
        },
    }


def recovery_analysis(books: Sequence[Book], day: date, pack: Pack) -> Row:
    """Recoveries of the month before and of the year so far, what was referred, and the large
    accounts.
    """
    last = day.replace(day=1) - timedelta(days=1)
    month = last.replace(day=1)
    threshold = int(pack.values.get("large_amount", LARGE_AMOUNT))
    overdue = {book.account: overdue_rows(book, day) for book in books}
    large: Rows = {}
    for book in books:
        principal = sum(row["principal"] for row in overdue[book.account].values())
        if principal >= threshold:
            large[book.account] = {
                "account": book.account,
                "principal": principal,
                "days_overdue": max(r["days_overdue"] for r in overdue[book.account].values()),
                "referred": ", ".join(book.state.case.referred) if book.state.case else "",
            }
    return {
        "as_of": day.isoformat(),
        "overdue": {
            "accounts": sum(1 for rows in overdue.values() if rows),
            "principal": sum(r["principal"] for rows in overdue.values() for r in rows.values()),
        },
        "month_before": _recovered(books, month, last),
        "year": _recovered(books, date(day.year, 1, 1), day),
        "large_accounts": large,
    }


def _recovered(books: Sequence[Book], first: date, last: date) -> Row:
    found = [
        receipt
        for book in books
        for receipt in book.receipts.values()
        if first <= receipt.on <= last and receipt.recovered
    ]
    after = [receipt for receipt in found if receipt.referred]
    return {
        "from": first.isoformat(),
        "until": last.isoformat(),
        "payments": len(found),
        "recovered": sum(receipt.recovered for receipt in found),
        "after_referral": sum(receipt.recovered for receipt in after),
    }


def commission_statement(books: Sequence[Book], day: date, pack: Pack) -> Row:
    """Commissions earned in the month before and in this month so far; who earned them is opened
    when the statement is read.
    """
    this = day.replace(day=1)
    before = (this - timedelta(days=1)).replace(day=1)
    lines: Rows = {}
    for book in books:
        for number, earned in enumerate(book.earned, start=1):
            if earned.on < before:
                continue
            lines[f"{book.account}/{number}"] = {
                "account": book.account,
                "on": earned.on.isoformat(),
                "month": "this_month" if earned.on >= this else "month_before",
                "amount": earned.amount,
                "collected_by": earned.collected_by.hex(),
            }
    months = {
        name: sum(line["amount"] for line in lines.values() if line["month"] == name)
        for name in ("month_before", "this_month")
    }
    return {"as_of": day.isoformat(), "earned": months, "lines": lines}
