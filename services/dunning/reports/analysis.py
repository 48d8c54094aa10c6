"""Arrears looked at by kind, segment and reason."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from services.dunning.domain.localtime import months_after
from services.dunning.domain.money.owing import overdue
from services.dunning.policy.model import Pack
from services.dunning.reports.book import Book
from services.dunning.reports.parts import Row, Rows, ageing, overdue_rows, percent, sums

_SHORT_MONTHS = 3
"""Up to so many calendar months past the agreed date an arrear is short, beyond it long."""
_SEEN = ("deceased", "insolvent", "absconded", "shop_closed", "fraud", "malicious")
_RESULTS = {
    "refused": "refused",
    "unreachable": "not_reached",
    "no_answer": "not_reached",
    "agreed": "agreed_unpaid",
    "cooperative": "agreed_unpaid",
    "conditional": "conditional",
}


def arrears_analysis(books: Sequence[Book], day: date, pack: Pack) -> Row:
    """Arrears by what they are for, by segment and by age, against all that was invoiced."""
    rows = [row for book in books for row in overdue_rows(book, day).values()]
    segment = {book.account: book.state.segment or "none" for book in books}
    invoiced = sum(debt.item.amount for book in books for debt in book.debts.values())
    total = sums(rows)
    return {
        "as_of": day.isoformat(),
        "invoiced": invoiced,
        "overdue": total,
        "rate": percent(total["principal"], invoiced),
        "by_item": _grouped((row["item"], row) for row in rows),
        "by_segment": _grouped((segment[row["account"]], row) for row in rows),
        "by_age": ageing(rows),
    }


def _grouped(keyed: Iterable[tuple[str, Row]]) -> Rows:
    groups: dict[str, list[Row]] = defaultdict(list)
    for key, row in keyed:
        groups[key].append(row)
    return {key: sums(groups[key]) for key in sorted(groups)}


def arrears_by_segment(books: Sequence[Book], day: date, pack: Pack) -> Row:
    """Overdue items by business, segment and term, as mappings inside each other."""
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for book in books:
        for row in overdue_rows(book, day).values():
            term = term_of(date.fromisoformat(row["due_on"]), day)
            groups[business_of(row["item"]), book.state.segment or "none", term].append(row)
    businesses: Row = {}
    for (business, segment, term), rows in sorted(groups.items()):
        businesses.setdefault(business, {}).setdefault(segment, {})[term] = sums(rows)
    every = [row for rows in groups.values() for row in rows]
    return {"as_of": day.isoformat(), "total": sums(every), "businesses": businesses}


def term_of(due_on: date, day: date) -> str:
    """`short` up to and on the same day three calendar months on, `long` after it."""
    return "short" if day <= months_after(due_on, _SHORT_MONTHS) else "long"


def business_of(item: str) -> str:
    """The business an item belongs to: the first word of its name where that is one."""
    first = item.partition("_")[0]
    return first if first in ("communication", "ict") else "other"


def arrears_summary(books: Sequence[Book], day: date, pack: Pack) -> Row:
    """The arrears of every account with the class of their reason, and their sums by reason."""
    accounts: Rows = {}
    for book in books:
        past = [d for d in book.open_debts() if d.item.due_on < day and d.item.principal]
        rows = overdue_rows(book, day)
        if not rows and not past:
            continue
        oldest = min(debt.item.due_on for debt in past) if past else day
        accounts[book.account] = {
            **sums(rows.values()),
            "account": book.account,
            "oldest_due_on": oldest.isoformat(),
            "days_past_due": (day - oldest) // timedelta(days=1),
            "reason": reason_of(book, day),
        }
    reasons = _grouped((row["reason"], row) for row in accounts.values())
    total = sums(accounts.values())
    for each in (*reasons.values(), total, *accounts.values()):
        each.pop("items", None)
    for row in accounts.values():
        row.pop("accounts")
    return {"as_of": day.isoformat(), "total": total, "reasons": reasons, "accounts": accounts}


def reason_of(book: Book, day: date) -> str:
    """Why an account has not paid, as far as its file tells; `unstated` where it tells nothing."""
    state = book.state
    stated = [kind for kind in state.observed if kind.startswith("reason_")]
    if stated:
        return max(stated, key=lambda kind: state.observed[kind]).removeprefix("reason_")
    seen = next((kind for kind in _SEEN if kind in state.observed), None)
    if seen is not None:
        return seen
    if state.disputes and not overdue(state, day):
        return "disputed"
    if state.applications:
        return state.applications[0].for_
    if state.plan is not None:
        return "instalments"
    if state.promises:
        return "promised"
    if state.is_on_hold:
        return "on_hold"
    return _last_result(book) or "unstated"


def _last_result(book: Book) -> str | None:
    known = [(on, result) for result, on in book.results.values() if result in _RESULTS]
    return _RESULTS[max(known)[1]] if known and book.state.case else None
