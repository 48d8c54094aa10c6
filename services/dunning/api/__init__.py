"""Dunning over HTTP: creditors and their policies, cases, tasks, what people record, reports."""

from collections.abc import Sequence

from fastapi import APIRouter

from chassis.runtime.proposals import router as proposals
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
from services.dunning.api.roles import ROLES_OF
from services.dunning.decisions import Decisions

_PARTS = (creditors, policies, reports, groups, cases, accounts, tasks, staff, direct_debits)


def routers(service: Service, decisions: Decisions) -> Sequence[APIRouter]:
    """Dunning's routes over one service."""
    dunning = Dunning(service, decisions)
    parts = [part.router(dunning) for part in _PARTS]
    waiting = proposals(
        dunning.waiting, reads=ROLES_OF["see_proposals"], decides=ROLES_OF["decide_proposal"]
    )
    return [*parts, waiting]
