"""Who may do what in the ledger: one literal table from action to roles; `admin` may everything."""

from typing import Annotated, Any, Literal

from fastapi import Depends

from chassis.http.auth import Principal, require
from contracts.words.vocabulary import STAFF

Action = Literal[
    "see_accounts",
    "see_cash",
    "see_erasures",
    "see_sources",
    "send_events",
    "pay_back",
    "erase_debtor",
    "set_sources",
    "see_proposals",
    "decide_proposal",
]

ROLES_OF: dict[Action, tuple[str, ...]] = {
    "see_accounts": (*STAFF, "auditor"),
    "see_cash": ("collector", "finance", "property", "manager", "auditor"),
    "see_erasures": ("administration", "auditor"),
    "see_sources": ("administration", "auditor"),
    "send_events": ("upstream", "administration"),
    "pay_back": ("finance",),
    "erase_debtor": ("administration",),
    "set_sources": ("administration",),
    "see_proposals": (*STAFF, "auditor"),
    "decide_proposal": ("finance", "manager"),
}
"""Roles beside `admin` for each action."""

OF_NOBODY: frozenset[Action] = frozenset({"see_sources", "send_events", "set_sources"})
"""What answers without personal data; who is answered anything else is recorded."""


def may(action: Action) -> Any:
    """FastAPI dependency: the caller, who must have one of the action's roles."""
    return Depends(require(*ROLES_OF[action], of_nobody=action in OF_NOBODY))


Reader = Annotated[Principal, may("see_accounts")]
"""A caller who may read what accounts owe and paid."""
