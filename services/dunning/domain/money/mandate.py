"""A direct-debit mandate that ends: no further debit, and a person is to get a new one."""

from services.dunning.domain.case.events import TaskRequested
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.facts import MandateFact
from services.dunning.reasons import values as r

WITHDRAWN = "withdrawn"
_NO_MORE = frozenset(
    {"AC01", "AC04", "AC06", "AC13", "AG01", "MD01", "MD02", "MD06", "MD07", "SL01"}
)
"""Reasons of ISO 20022 (external status reason codes, with which banks answer a debit) that say
more than "not this time": account wrong, closed, blocked or not for debits (AC01 AC04 AC06 AC13
AG01), no mandate or one that lacks something (MD01 MD02), money asked back or debits barred by the
debtor (MD06 SL01), debtor deceased (MD07).
"""


def ends_mandate(reason: str | None) -> bool:
    """Whether nothing can be debited any more after a failure of this reason."""
    return reason is not None and reason.upper() in _NO_MORE


def withdraw(rec: Recorder) -> None:
    """React to a mandate that has ended; where the pack names no reaction finance gets the task to
    reconcile the account with the bank, whatever becomes of the case.
    """
    withdrawn = MandateFact(WITHDRAWN)
    if any(reaction.on.answers(withdrawn) for reaction in rec.pack.reactions):
        rec.react(withdrawn)
        return
    rec.effect(
        TaskRequested(
            task_id=rec.new_id("t"),
            kind="reconcile",
            owner="finance",
            asks=("a new mandate, or another way to pay",),
            on=rec.today,
        ),
        Cause(None, r.MandateEnded(), of_case=False),
    )
