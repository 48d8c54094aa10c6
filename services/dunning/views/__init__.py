"""Dunning's read models: cases, accounts, work lists and decisions."""

from chassis.views import View
from services.dunning.views.accounts import ACCOUNTS
from services.dunning.views.cases import CASES
from services.dunning.views.decisions import DECISIONS
from services.dunning.views.tasks import TASKS

VIEWS: tuple[View, ...] = (ACCOUNTS, CASES, TASKS, DECISIONS)

__all__ = ["ACCOUNTS", "CASES", "DECISIONS", "TASKS", "VIEWS"]
