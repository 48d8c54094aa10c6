"""The ledger over HTTP: accounts as they are or were, ageing, and a door for upstream events."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fastapi import APIRouter

from services.ledger.api import accounts, ageing, cash, events, matching, numbers, requests

if TYPE_CHECKING:
    from chassis.runtime.service import Service


def routers(service: "Service") -> Sequence[APIRouter]:
    """The ledger's routes."""
    return [
        accounts.router(service),
        ageing.router(service),
        cash.router(service),
        events.router(service),
        matching.router(service),
        numbers.router(service),
        requests.router(service),
    ]
