"""Two kinds of debt of a subsidised handset, held against what was invoiced.

Source: 清欠管理办法及流程, 算费流程: handset owed = handset cost - cumulative prepayment; usage
overrun = billed - cumulative prepayment; neither is below 0.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from services.dunning.policy.model import Pack
from services.dunning.reports.book import Book
from services.dunning.reports.parts import Row, Rows

ITEMS = {"handset": "handset_cost", "usage": "billed_total"}
"""The two kinds, and the account attribute that the cumulative prepayment is taken from."""
PREPAID = "prepaid_total"
_ENDS = ("invoiced", "owed")
SPLIT_AMOUNTS = frozenset(
    {"open", PREPAID, *ITEMS.values(), *(f"{kind}_{end}" for kind in ITEMS for end in _ENDS)}
)
"""The fields of the report that are amounts."""
Profile = Callable[[str], Mapping[str, Any]]


def handset_split(books: Sequence[Book], day: date, pack: Pack) -> Row:
    """What was invoiced of both kinds, by account."""
    accounts: Rows = {}
    for book in books:
        invoiced = {
            kind: sum(d.item.amount for d in book.debts.values() if d.item.item == kind)
            for kind in ITEMS
        }
        if any(debt.item.item in ITEMS for debt in book.debts.values()):
            left = sum(d.item.principal for d in book.open_debts() if d.item.item in ITEMS)
            accounts[book.account] = {
                "account": book.account,
                **{f"{kind}_invoiced": amount for kind, amount in invoiced.items()},
                "open": left,
            }
    return {"as_of": day.isoformat(), "accounts": accounts}


def with_figures(values: Row, profile: Profile) -> Row:
    """Add the three figures upstream sends, what they come to, and whether that was invoiced."""
    accounts: Rows = {}
    for account, row in values["accounts"].items():
        accounts[account] = {**row, **_compared(row, profile(account).get("attributes") or {})}
    sums: dict[str, int] = {
        f"{kind}_owed": sum(row[f"{kind}_owed"] or 0 for row in accounts.values()) for kind in ITEMS
    }
    flagged = sum(1 for row in accounts.values() if not row["agrees"])
    return {**values, "total": {**sums, "flagged": flagged}, "accounts": accounts}


def _compared(row: Row, attributes: Mapping[str, Any]) -> Row:
    prepaid = attributes.get(PREPAID)
    found: Row = {PREPAID: prepaid}
    wrong: list[str] = []
    for kind, figure in ITEMS.items():
        basis = attributes.get(figure)
        owed = _owed(basis, prepaid)
        found |= {figure: basis, f"{kind}_owed": owed}
        if owed is None:
            wrong.append(f"{kind}: figures missing")
        elif owed != row[f"{kind}_invoiced"]:
            wrong.append(f"{kind}: owed is not what was invoiced")
    return {**found, "agrees": not wrong, "differences": "; ".join(wrong)}


def _owed(basis: Any, prepaid: Any) -> int | None:
    if _is_amount(basis) and _is_amount(prepaid):
        return max(0, int(basis) - int(prepaid))
    return None


def _is_amount(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
