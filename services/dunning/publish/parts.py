"""What the messages have in common."""

from collections.abc import Callable
from typing import TypedDict

from chassis.store.stored import Stored
from contracts import dunning as m
from contracts.base import Contract
from services.dunning.domain.codes import id_code
from services.dunning.domain.event import Effect
from services.dunning.domain.money.state import LateFeeTerms, MoneyTerms
from services.dunning.reasons.english import why_in_words

Make = Callable[[Stored, str | None], Contract | None]
"""Makes the message of an event, or None where there is nothing to tell; the second argument is the
account, if it is about one.
"""
LABEL_MAX = 200


class About(TypedDict):
    """Whom a message is about."""

    account_id: str | None
    case_id: str | None


class Decided(TypedDict):
    """What follows from a policy says which, and why."""

    policy: str
    version: int
    step: str | None
    reason: str


def decided(event: Effect) -> Decided:
    """The fields of what follows from a policy."""
    return {
        "policy": event.policy,
        "version": event.policy_version,
        "step": event.step,
        "reason": why_in_words(event)[:LABEL_MAX],
    }


def about(stored: Stored, account: str | None) -> About:
    """The fields that say whom it is about."""
    return {"account_id": account, "case_id": stored.event.case_id}


def own_id(stored: Stored) -> str:
    """An id for what has none of its own: the event's place in its stream."""
    return f"{id_code(stored.stream)}-e{stored.version}"


def case_terms(terms: MoneyTerms | None) -> m.CaseTerms | None:
    """The terms of money of a case; None where an older event tells none."""
    if terms is None:
        return None
    return m.CaseTerms(
        due_days=terms.due_days,
        allocation=terms.allocation,
        late_fee=late_fee_terms(terms.late_fee),
    )


def late_fee_terms(fee: LateFeeTerms | None) -> m.LateFeeTerms | None:
    """A late fee as messages tell it."""
    if fee is None:
        return None
    return m.LateFeeTerms(
        rate_per_day=format(fee.rate_per_day, "f"),
        cap_ratio=format(fee.cap_ratio, "f"),
        starts=fee.starts,
    )
