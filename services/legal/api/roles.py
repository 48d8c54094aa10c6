"""Who may do what in legal: one literal table from action to roles; `admin` may everything."""

from typing import Any, Literal

from fastapi import Depends

from chassis.http.auth import require
from contracts.words.vocabulary import STAFF

Action = Literal[
    "see_files",
    "see_evidence",
    "see_papers",
    "record_progress",
    "book_cost",
    "close_matter",
    "keep_inventory",
]

ROLES_OF: dict[Action, tuple[str, ...]] = {
    "see_files": (*STAFF, "auditor"),
    "see_evidence": ("legal", "manager"),
    "see_papers": ("legal", "manager"),
    "record_progress": ("legal", "manager"),
    "book_cost": ("finance", "legal", "manager"),
    "close_matter": ("legal", "manager"),
    "keep_inventory": ("administration", "property", "operations", "legal", "manager"),
}
"""Roles beside `admin` for each action."""


def may(action: Action) -> Any:
    """FastAPI dependency: the caller, who must have one of the action's roles."""
    return Depends(require(*ROLES_OF[action]))
