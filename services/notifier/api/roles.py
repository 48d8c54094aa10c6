"""Who may do what in the notifier: a literal table from action to roles; `admin` may all."""

from typing import Any, Literal

from fastapi import Depends

from chassis.http.auth import require
from contracts.words.vocabulary import STAFF

Action = Literal[
    "see_notices",
    "see_posting_lists",
    "see_serving_slips",
    "see_texts",
    "record_delivery",
    "set_opt_out",
    "propose_text",
    "decide_text",
]

ROLES_OF: dict[Action, tuple[str, ...]] = {
    "see_notices": (*STAFF, "auditor"),
    "see_posting_lists": ("collector", "manager", "legal"),
    "see_serving_slips": (
        "property",
        "administration",
        "operations",
        "collector",
        "manager",
        "legal",
    ),
    "see_texts": (*STAFF, "auditor"),
    "record_delivery": STAFF,
    "set_opt_out": STAFF,
    "propose_text": ("finance", "legal", "manager"),
    "decide_text": ("manager",),
}
"""Roles beside `admin` for each action."""

OF_NOBODY: frozenset[Action] = frozenset({"see_texts", "propose_text", "decide_text"})
"""What answers without personal data; who is answered anything else is recorded."""


def may(action: Action) -> Any:
    """FastAPI dependency: the caller, who must have one of the action's roles."""
    return Depends(require(*ROLES_OF[action], of_nobody=action in OF_NOBODY))
