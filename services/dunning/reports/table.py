"""The reports: a literal table from the name packs use to how each is drawn up and shown.

A report is drawn from books alone and holds nothing that names a person, so it can be stored; what
only the debtor's key opens is added when it is read.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from contracts.words.ageing import BUCKET_NAMES
from services.dunning.policy.model import Pack
from services.dunning.reports.analysis import (
    arrears_analysis,
    arrears_by_segment,
    arrears_summary,
)
from services.dunning.reports.arrears import (
    ageing_table,
    arrears_register,
    receivables_detail,
    register,
)
from services.dunning.reports.book import Book
from services.dunning.reports.collection_rate import collection_rate
from services.dunning.reports.handset_split import SPLIT_AMOUNTS, handset_split, with_figures
from services.dunning.reports.opened import Opened, with_collectors
from services.dunning.reports.recovery import (
    commission_statement,
    effectiveness,
    recovery_analysis,
)

Draw = Callable[[Sequence[Book], date, Pack], dict[str, Any]]
Show = Callable[[dict[str, Any], Opened], dict[str, Any]]


def as_drawn(values: dict[str, Any], opened: Opened) -> dict[str, Any]:
    """Nothing is added."""
    return values


class Report(NamedTuple):
    """How a report is drawn up, and what is added for whoever may read it; `rows` names the part
    of it that a CSV file holds, `money` its amounts beside those of every report.
    """

    draw: Draw
    rows: str = ""
    show: Show = as_drawn
    money: frozenset[str] = frozenset()


_RECOVERED = frozenset({"recovered", "after_referral"})

REPORTS: Mapping[str, Report] = {
    "receivables_detail": Report(receivables_detail, "items"),
    "ageing": Report(ageing_table, "accounts", money=frozenset(BUCKET_NAMES)),
    "arrears_analysis": Report(arrears_analysis, "by_item", money=frozenset({"invoiced"})),
    "arrears_by_segment": Report(arrears_by_segment, "businesses"),
    "effectiveness": Report(effectiveness, "by_step", money=_RECOVERED),
    "recovery_analysis": Report(recovery_analysis, "large_accounts", money=_RECOVERED),
    "arrears_summary": Report(arrears_summary, "accounts"),
    "register": Report(register, "accounts"),
    "arrears_register": Report(arrears_register),
    "commission_statement": Report(
        commission_statement,
        "lines",
        with_collectors,
        frozenset({"month_before", "this_month"}),
    ),
    "collection_rate": Report(collection_rate, money=frozenset({"receivable", "collected"})),
    "handset_split": Report(
        handset_split,
        "accounts",
        lambda values, opened: with_figures(values, opened.profile),
        SPLIT_AMOUNTS,
    ),
}
"""Reports by the name packs use."""
