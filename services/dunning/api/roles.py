"""Who may do what: one literal table from action to roles; `admin` may everything."""

from typing import Any, Literal

from fastapi import Depends

from chassis.http import require
from contracts.words.vocabulary import STAFF

Action = Literal[
    "set_up_creditor",
    "propose_policy",
    "decide_policy",
    "move_case",
    "set_up_collector",
    "certify_clearance",
    "see_direct_debits",
    "see_creditor",
    "see_cases",
    "see_tasks",
    "complete_task",
    "record_reply",
    "record_promise",
    "agree_plan",
    "open_dispute",
    "resolve_dispute",
    "make_application",
    "decide",
    "record_observation",
    "record_contact",
    "place_hold",
    "release_hold",
    "see_proposals",
    "decide_proposal",
]


ROLES_OF: dict[Action, tuple[str, ...]] = {
    "set_up_creditor": ("manager",),
    "propose_policy": ("finance", "legal", "manager"),
    "decide_policy": ("manager",),
    "move_case": ("legal", "manager"),
    "set_up_collector": ("administration", "finance", "manager"),
    "certify_clearance": ("finance", "manager"),
    "see_direct_debits": ("finance", "manager"),
    "see_creditor": (*STAFF, "auditor", "sre"),
    "see_cases": (*STAFF, "auditor"),
    "see_tasks": (*STAFF, "auditor"),
    "complete_task": STAFF,
    "record_reply": STAFF,
    "record_promise": STAFF,
    "agree_plan": ("collector", "sales", "finance", "property", "legal", "manager"),
    "open_dispute": STAFF,
    "resolve_dispute": ("finance", "legal", "manager"),
    "make_application": STAFF,
    "decide": ("finance", "legal", "manager"),
    "record_observation": (*STAFF, "upstream"),
    "record_contact": (*STAFF, "upstream"),
    "place_hold": ("collector", "finance", "legal", "manager"),
    "release_hold": ("finance", "legal", "manager"),
    "see_proposals": (*STAFF, "auditor"),
    "decide_proposal": ("finance", "legal", "manager"),
}
"""Roles beside `admin` for each action.

A task with a role for its owner is completed by that role or a manager, whatever this table allows.
"""

OF_NOBODY: frozenset[Action] = frozenset({"set_up_creditor", "see_creditor"})
"""What answers without personal data; who is answered anything else is recorded."""


def may(action: Action) -> Any:
    """FastAPI dependency: the caller, who must have one of the action's roles."""
    return Depends(require(*ROLES_OF[action], of_nobody=action in OF_NOBODY))
