"""What the messages have in common."""

from collections.abc import Callable
from typing import Any

from chassis.stored import Stored
from contracts.base import Contract
from services.dunning.domain import events as e
from services.dunning.domain.state import short_code

Make = Callable[[Stored, str | None], Contract]
"""Makes the message of an event; the second argument is the account, if it is about one."""
LABEL_MAX = 200


def decided(event: e.Effect) -> dict[str, Any]:
    """The fields of what follows from a policy."""
    return {
        "policy": event.policy,
        "version": event.policy_version,
        "step": event.step,
        "reason": event.reason[:LABEL_MAX],
    }


def about(stored: Stored, account: str | None) -> dict[str, Any]:
    """The fields that say whom it is about."""
    return {"account_id": account, "case_id": stored.event.case_id}


def own_id(stored: Stored) -> str:
    """An id for what has none of its own: the event's place in its stream."""
    return f"{short_code(stored.stream)}-e{stored.version}"
