"""Dates that cannot be met: steps keep their order and take a day each."""

from collections.abc import Iterator

from services.dunning.policy.actions import Task
from services.dunning.policy.model import Pack, Step
from services.dunning.policy.parts import Path
from services.dunning.policy.timing import (
    AfterFact,
    AfterTask,
    DayPastDue,
    DaysAfterStep,
    MonthsPastDue,
)
from services.dunning.policy.walk import actions_at

Found = Iterator[tuple[Path, str]]
_MONTH_DAYS_MIN = 28


def date_faults(pack: Pack) -> Found:
    """Walk steps whose day is over when their turn comes, and waiting for what never comes."""
    lists: list[tuple[Path, tuple[Step, ...]]] = [(("steps",), pack.steps)]
    lists += [(("tracks", t, "steps"), track.steps) for t, track in enumerate(pack.tracks)]
    for place, steps in lists:
        yield from _in_order(place, steps)
        for i, step in enumerate(steps):
            if _waits_for_nothing(pack, step):
                yield (
                    (*place, i, "when", "after"),
                    "nothing ever asks for that task, so this step is never reached",
                )
    yield from _before_due(pack)


def _in_order(place: Path, steps: tuple[Step, ...]) -> Found:
    """`latest` is the latest day named so far; `sure` the first on which all that is never dropped
    can have been done.
    """
    latest = sure = 0
    for i, step in enumerate(steps):
        day = _day(step)
        taken = latest if day is not None and not _optional(steps[:i], day) else 0
        if day is not None and day <= max(taken, sure):
            first = max(taken, sure)
            yield (
                (*place, i, "when", "day"),
                f"day {day} cannot be met: a step before it comes on day {first}, one a day",
            )
        latest = max(latest, day or 0)
        if not step.if_ and not step.approval:
            sure = max(sure + 1, _earliest(step, sure))


def _day(step: Step) -> int | None:
    """The day past due that a step names, if it does."""
    return step.when.day if isinstance(step.when, DayPastDue) else None


def _earliest(step: Step, last: int) -> int:
    """The first day a step can come on, after steps that were done on `last`."""
    if step.when.or_overdue_at_least is not None or step.when.or_after:
        return 0
    match step.when:
        case DayPastDue(day=day):
            return day
        case DaysAfterStep(then_days=days):
            return last + days
        case MonthsPastDue(months_past_due=months):
            return months * _MONTH_DAYS_MIN + 1
        case AfterFact():
            return 0


def _optional(before: tuple[Step, ...], day: int) -> bool:
    """Whether every earlier step of the same or a later day may be dropped."""
    named = ((step, _day(step)) for step in before)
    return all(step.if_ for step, on in named if on is not None and on >= day)


def _waits_for_nothing(pack: Pack, step: Step) -> bool:
    when = step.when
    if not isinstance(when, AfterFact) or not isinstance(when.after, AfterTask):
        return False
    kind = when.after.task
    return not any(isinstance(a, Task) and a.kind == kind for _, a in actions_at(pack))


def _before_due(pack: Pack) -> Found:
    days = pack.terms.due_days
    for i, entry in enumerate(pack.before_due):
        if days is not None and entry.days > days:
            text = f"cannot be met: invoices are due {days} days after they are issued"
            yield ("before_due", i, "days"), text
