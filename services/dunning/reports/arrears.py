"""What is owed now, and how old it is: receivables, ageing, the register of arrears."""

from collections.abc import Sequence
from datetime import date

from services.dunning.domain.money.owing import overdue, owed
from services.dunning.policy.model import Pack
from services.dunning.reports.book import Book
from services.dunning.reports.parts import Row, Rows, ageing, open_rows, overdue_rows, sums


def receivables_detail(books: Sequence[Book], day: date, pack: Pack) -> Row:
    """Every open item with its age, and what reconciling with the debtor last came to."""
    rows = _open(books, day)
    return {
        "as_of": day.isoformat(),
        "total": sums(rows.values()),
        "ageing": ageing(rows.values()),
        "items": rows,
        "reconciled": {
            book.account: {"account": book.account, "result": result, "on": on.isoformat()}
            for book in books
            for result, on in [book.results.get("reconcile", ("", date.min))]
            if result
        },
    }


def ageing_table(books: Sequence[Book], day: date, pack: Pack) -> Row:
    """What is open by days overdue, in all and per account; bucket 0 is not overdue."""
    rows = _open(books, day)
    accounts = {
        book.account: {
            "account": book.account,
            **{name: total["total"] for name, total in ageing(own.values()).items()},
            "total": sums(own.values())["total"],
        }
        for book in books
        if (own := open_rows(book, day))
    }
    return {
        "as_of": day.isoformat(),
        "total": sums(rows.values()),
        "buckets": ageing(rows.values()),
        "accounts": accounts,
    }


def arrears_register(books: Sequence[Book], day: date, pack: Pack) -> Row:
    """How much is overdue on how many accounts, and how many cases run."""
    states = [book.state for book in books]
    every = [owed(state, items, day) for state in states if (items := overdue(state, day))]
    running = [state.case for state in states if state.case is not None]
    oldest = min((f.oldest_due_on for f in every if f.oldest_due_on), default=None)
    return {
        "as_of": day.isoformat(),
        "overdue": {
            "accounts": len(every),
            "items": sum(len(f.items) for f in every),
            "principal": sum(f.principal for f in every),
            "late_fee": sum(f.late_fee for f in every),
            "total": sum(f.total for f in every),
            "oldest_due_on": oldest and oldest.isoformat(),
        },
        "cases": {
            "open": sum(1 for case in running if not case.paused),
            "paused": sum(1 for case in running if case.paused),
        },
    }


def register(books: Sequence[Book], day: date, pack: Pack) -> Row:
    """The register of arrears: the sums, and a line for each account that is overdue."""
    lines: Rows = {}
    for book in books:
        rows = overdue_rows(book, day)
        if not rows:
            continue
        case = book.state.case
        last = book.steps[-1][0] if case and case.taken and book.steps else None
        lines[book.account] = {
            **sums(rows.values()),
            "account": book.account,
            "oldest_due_on": min(row["due_on"] for row in rows.values()),
            "days_overdue": max(row["days_overdue"] for row in rows.values()),
            "case": case.case_id if case else None,
            "paused": bool(case and case.paused),
            "last_step": last and pack.names(last)[0],
            "classified": case.classified if case else None,
        }
        lines[book.account].pop("accounts")
    return {**arrears_register(books, day, pack), "accounts": lines}


def _open(books: Sequence[Book], day: date) -> Rows:
    return {key: row for book in books for key, row in open_rows(book, day).items()}
