"""When promises and plans are looked at, and whether they are still about anything."""

from datetime import date, datetime

from services.dunning.domain.localtime import ONE_DAY
from services.dunning.domain.money.owing import is_unpaid
from services.dunning.domain.recorder import Recorder


def checked_at(rec: Recorder, due_on: date) -> datetime:
    """When it is looked at whether what was due on a day came in."""
    return rec.at(due_on + ONE_DAY, rec.pack.step_time)


def is_over(rec: Recorder, case_id: str | None) -> bool:
    """Whether the debt it was about is gone: its case closed, or nothing is open at all."""
    if case_id and case_id != rec.case_id:
        return True
    return not any(is_unpaid(item, rec.today) for item in rec.state.items.values())
