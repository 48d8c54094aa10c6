"""Things to do at a later step time: repeated tasks, and what waits for the next step time.

They are no steps: they use up no day, and they end with the case they belong to.
"""

from datetime import date, timedelta

from services.dunning.domain.case.events import ActionPlanned
from services.dunning.domain.localtime import ONE_DAY
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.actions import Repeat


def is_now(rec: Recorder, repeat: Repeat | None, cause: Cause) -> bool:
    """Whether a task is asked for now; the first time, what its repeat leaves to do is planned.

    While a series runs, up to the end of its last day, none is begun beside it at the same place of
    the pack.
    """
    if repeat is None or cause.planned is not None or cause.contact is not None:
        return True
    if _runs_already(rec, cause) or _came_up_today(rec, cause.step or ""):
        return False
    now = repeat.after_days == 0
    days = repeat.every_days if now else repeat.after_days
    left = None if repeat.times is None else repeat.times - (1 if now else 0)
    if left is None or left > 0:
        on = rec.today + timedelta(days=days)
        plan(rec, cause, on, every_days=repeat.every_days, left=left)
    return now


def _runs_already(rec: Recorder, cause: Cause) -> bool:
    here = (p for p in rec.state.planned if p.path == cause.path)
    return any(rec.pack.is_same(planned.step, cause.step) for planned in here)


def _came_up_today(rec: Recorder, part_id: str) -> bool:
    repeated = rec.state.case.repeated if rec.state.case else {}
    return any(repeated.get(id_) == rec.today for id_ in rec.pack.names(part_id))


def plan(
    rec: Recorder, cause: Cause, on: date, *, every_days: int = 0, left: int | None = 1
) -> None:
    """Plan for the step time of a day what stands at the cause's place in the pack (all of it where
    the path is empty); `left` times in all, until the case closes when it is None.
    """
    rec.effect(
        ActionPlanned(
            planned_id=rec.new_id("s"),
            on=on,
            path=cause.path,
            every_days=every_days,
            left=left,
        ),
        cause,
    )


def at_next_step_time(rec: Recorder, cause: Cause) -> None:
    """Plan it for the first step time after now."""
    plan(rec, cause, rec.today if rec.now < rec.step_time else rec.today + ONE_DAY)
