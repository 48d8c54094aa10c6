"""Which phase a case is in: one word for how far it has come, or what it waits for."""

from typing import Literal

from services.dunning.domain.account import Account
from services.dunning.domain.case.state import Case
from services.dunning.domain.case.timetable import waits_for_decision
from services.dunning.policy.model import Pack

Phase = Literal["running", "referred", "in_court", "enforced", "awaiting_decision", "paused"]

_IN_COURT = ("filed", "hearing", "judgment")
_ENFORCED = ("frozen", "seized", "enforced")
_STAGES = (*_IN_COURT, *_ENFORCED, "settled")
"""In the order in which they come when several are recorded for one day."""


def phase_of(account: Account, pack: Pack) -> Phase | None:
    """The phase of the running case, None when none runs.

    What stops the case comes before how far it has come: something pauses it, or its steps wait
    for a decision. The court's last word counts: a settlement there ends the phase.
    """
    case = account.case
    if case is None:
        return None
    if case.paused:
        return "paused"
    if waits_for_decision(case, pack):
        return "awaiting_decision"
    return _reached(case)


def _reached(case: Case) -> Phase:
    stages = [(on, _STAGES.index(stage), stage) for stage, on in case.progress.items()]
    last = max(stages)[2] if stages else ""
    if last in _ENFORCED:
        return "enforced"
    if last in _IN_COURT:
        return "in_court"
    return "referred" if case.referred else "running"
