"""Dunning over HTTP: creditors and their policies, cases, tasks, what people record, reports."""

from collections.abc import Sequence

from fastapi import APIRouter

from chassis.runtime.service import Service
from services.dunning.api import (
    accounts,
    cases,
    creditors,
    direct_debits,
    groups,
    policies,
    reports,
    staff,
    tasks,
)
from services.dunning.api.dunning import Dunning
from services.dunning.decisions import Decisions

_PARTS = (creditors, policies, reports, groups, cases, accounts, tasks, staff, direct_debits)


def routers(service: Service, decisions: Decisions) -> Sequence[APIRouter]:
    """Dunning's routes over one service."""
    dunning = Dunning(service, decisions)
    return [part.router(dunning) for part in _PARTS]
