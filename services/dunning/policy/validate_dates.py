"""Dates that cannot be met: steps keep their order and take a day each."""

from collections.abc import Iterator

from services.dunning.policy.document import Path
from services.dunning.policy.model import Pack, Step
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
        day = step.when.day
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


def _earliest(step: Step, last: int) -> int:
    """The first day a step can come on, after steps that were done on `last`."""
    when = step.when
    if when.or_overdue_at_least is not None or when.or_after:
        return 0
    if when.day is not None:
        return when.day
    if when.then_days is not None:
        return last + when.then_days
    if when.months_past_due is not None:
        return when.months_past_due * _MONTH_DAYS_MIN + 1
    return 0


def _optional(before: tuple[Step, ...], day: int) -> bool:
    """Whether every earlier step of the same or a later day may be dropped."""
    return all(step.if_ for step in before if step.when.day is not None and step.when.day >= day)


def _waits_for_nothing(pack: Pack, step: Step) -> bool:
    after = step.when.after
    if after is None or after.task is None:
        return False
    return not any(a.task and a.task.kind == after.task for _, a in actions_at(pack))


def _before_due(pack: Pack) -> Found:
    days = pack.terms.due_days
    for i, entry in enumerate(pack.before_due):
        if days is not None and entry.days > days:
            text = f"cannot be met: invoices are due {days} days after they are issued"
            yield ("before_due", i, "days"), text
