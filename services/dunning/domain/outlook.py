"""What comes next on an account and when, or why nothing does."""

from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from contracts.words.workdays import EVERY_DAY, WorkingDays
from services.dunning.domain.account import Account
from services.dunning.domain.agenda import agenda, first_day
from services.dunning.domain.case import steps
from services.dunning.domain.case.pausing import pause_reasons
from services.dunning.domain.localtime import local_day
from services.dunning.domain.recorder import View
from services.dunning.policy.model import Pack
from services.dunning.reasons import ahead as a
from services.dunning.reasons import values as r


class Ahead(NamedTuple):
    """One thing to come: a step, a check, or a pause; `when` is None while that is not known."""

    what: a.What
    when: datetime | None
    reason: r.Reason | a.AheadReason
    step: str | None = None


def outlook(
    state: Account, pack: Pack, now: datetime, zone: ZoneInfo, working: WorkingDays = EVERY_DAY
) -> list[Ahead]:
    """List what comes next, the soonest first, as far as today's facts tell.

    While something pauses the case its reasons come first, and the steps follow without a time.
    """
    view = View(state, pack, now, zone, pause_reasons, working=working)
    floor = first_day(view, state.turn_on)
    if state.wake is not None and state.wake <= now:
        floor = min(floor, local_day(state.wake, zone))
    paused = [Ahead(a.Routine.PAUSE, None, reason) for reason in view.pause_reasons]
    coming = [
        Ahead(due.what, _not_before_wake(state, now, due.at), due.why, due.step)
        for due in agenda(view, floor, but=steps.agenda)
    ]
    ahead = [Ahead(*step) for step in steps.steps_ahead(view, floor)]
    return paused + sorted(coming + ahead, key=_soonest)


def _not_before_wake(state: Account, now: datetime, at: datetime | None) -> datetime | None:
    """The wake-up knows the limits of the persons that contacts reach, which are not known here."""
    if at is None or state.wake is None or state.wake <= now:
        return at
    return max(at, state.wake)


def _soonest(ahead: Ahead) -> tuple[bool, datetime]:
    return (ahead.when is None, ahead.when or datetime.max.replace(tzinfo=UTC))
