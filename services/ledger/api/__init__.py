"""The ledger over HTTP: accounts as they are or were, ageing, and a door for upstream events."""

from collections.abc import Sequence

from fastapi import APIRouter

from chassis.runtime.proposals import Proposals
from chassis.runtime.proposals import router as proposals
from chassis.runtime.service import Service
from services.ledger.api import (
    accounts,
    ageing,
    cash,
    erasures,
    events,
    late_fees,
    matching,
    numbers,
    requests,
    sources,
    statements,
)
from services.ledger.api.roles import ROLES_OF


def routers(service: Service) -> Sequence[APIRouter]:
    """The ledger's routes."""
    waiting = Proposals(service)
    return [
        accounts.router(service),
        ageing.router(service),
        cash.router(service),
        erasures.router(service),
        events.router(service),
        late_fees.router(service),
        matching.router(service),
        numbers.router(service),
        requests.router(service, waiting),
        sources.router(service),
        statements.router(service),
        proposals(waiting, reads=ROLES_OF["see_proposals"], decides=ROLES_OF["decide_proposal"]),
    ]
