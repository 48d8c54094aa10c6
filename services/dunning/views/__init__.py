"""Dunning's read models: cases, accounts, work lists, decisions, what was invoiced,
what the bank was asked for, for how long closed accounts are kept.
"""

from chassis.store.views import View
from services.dunning.views.accounts import ACCOUNTS
from services.dunning.views.cases import CASES
from services.dunning.views.decisions import DECISIONS
from services.dunning.views.direct_debits import DIRECT_DEBITS
from services.dunning.views.invoiced import INVOICED
from services.dunning.views.retention import RETENTION
from services.dunning.views.tasks import TASKS

VIEWS: tuple[View, ...] = (ACCOUNTS, CASES, TASKS, DECISIONS, INVOICED, DIRECT_DEBITS, RETENTION)

__all__ = [
    "ACCOUNTS",
    "CASES",
    "DECISIONS",
    "DIRECT_DEBITS",
    "INVOICED",
    "RETENTION",
    "TASKS",
    "VIEWS",
]
