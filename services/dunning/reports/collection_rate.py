"""The quarterly collection rate, the clearing rate of old arrears, and what they move of the pay.

Source: 收费管理制度 8.1-8.3. Rates and pay are percent; what a pack exempts is in neither sum.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from services.dunning.policy.model import Pack
from services.dunning.policy.recovery import Kpi
from services.dunning.reports.book import Book, Debt
from services.dunning.reports.parts import Row, shown

_MONTHS_OF_A_QUARTER = 3


def collection_rate(books: Sequence[Book], day: date, pack: Pack) -> Row:
    """Collected of what fell due in the year so far, and of what was overdue as it began."""
    quarter = (day.month - 1) // _MONTHS_OF_A_QUARTER + 1
    year = date(day.year, 1, 1)
    kpi = pack.kpi
    due: list[tuple[int, int]] = []
    old: list[tuple[int, int]] = []
    for book in books:
        for key, debt in book.debts.items():
            if is_exempt(book, debt, kpi):
                continue
            opening = book.opening.get(key)
            if opening is not None and opening.item.due_on < year:
                old += _cleared(opening, debt)
            elif opening is None and debt.item.due_on < year and key not in book.fees:
                old += _entered_late(debt)
            elif year <= debt.item.due_on <= day and key not in book.fees:
                due.append((debt.item.amount, debt.paid))
    targets = _targets(kpi, quarter)
    collection = _rate(due, targets["collection"])
    clearing = _rate(old, targets["clearing"])
    return {
        "as_of": day.isoformat(),
        "quarter": quarter,
        "collection": collection,
        "clearing": clearing,
        "pay": {
            "collection": _pay(due, targets["collection"], kpi),
            "clearing": _pay(old, targets["clearing"], kpi),
        },
    }


def is_exempt(book: Book, debt: Debt, kpi: Kpi | None) -> bool:
    """Whether an item is left out: its invoice, its account, an observation or an approved
    application says so.
    """
    if kpi is None:
        return False
    names = set(kpi.exempt)
    said = {*book.state.attributes, *book.state.observed, *book.approved}
    return bool(names & said) or bool(names & set(book.marks.get(debt.item.item_id, ())))


def _cleared(opening: Debt, now: Debt) -> list[tuple[int, int]]:
    """What an old item owed as the year began, as it has been corrected since, and what was paid
    on it since.
    """
    if not opening.is_open or opening.item.principal <= 0:
        return []
    owed = now.item.amount - opening.paid
    return [(owed, now.paid - opening.paid)] if owed > 0 else []


def _entered_late(debt: Debt) -> list[tuple[int, int]]:
    """What was due before the year began and became known only in it: it was unpaid then."""
    return [(debt.item.amount, debt.paid)] if debt.item.amount > 0 else []


def _targets(kpi: Kpi | None, quarter: int) -> dict[str, Decimal | None]:
    if kpi is None:
        return {"collection": None, "clearing": None}
    return {
        "collection": kpi.collection_targets[quarter - 1],
        "clearing": kpi.clearing_targets[quarter - 1],
    }


def _rate(pairs: Sequence[tuple[int, int]], target: Decimal | None) -> Row:
    rate = _percent(pairs)
    return {
        "receivable": sum(receivable for receivable, _ in pairs),
        "collected": sum(collected for _, collected in pairs),
        "rate": None if rate is None else shown(rate),
        "target": None if target is None else shown(target),
    }


def _percent(pairs: Sequence[tuple[int, int]]) -> Decimal | None:
    receivable = sum(amount for amount, _ in pairs)
    collected = sum(paid for _, paid in pairs)
    return Decimal(collected) * 100 / Decimal(receivable) if receivable else None


def _pay(pairs: Sequence[tuple[int, int]], target: Decimal | None, kpi: Kpi | None) -> Row:
    """How far pay moves, by role; nothing receivable moves nothing."""
    rate = _percent(pairs)
    roles: Mapping[str, object] = kpi.pay if kpi else {}
    if kpi is None or rate is None or target is None:
        return dict.fromkeys(roles, 0)
    return {
        role: shown(max(-pay.cap, min(pay.cap, (rate - target) * pay.per_point)))
        for role, pay in kpi.pay.items()
    }
