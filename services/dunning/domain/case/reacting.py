"""Reactions: what a pack does at once when a fact is recorded.

A reaction is not a step: it uses up no day, and what a pause forbids of it is lost.
"""

from datetime import date

from services.dunning.domain.case import series
from services.dunning.domain.case.acting import perform
from services.dunning.domain.case.conditions import holds
from services.dunning.domain.case.events import Reacted
from services.dunning.domain.contact.limits import goes_out_on
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.conditions import OnApplication, OnDecision, OnTask, Trigger
from services.dunning.policy.model import Reaction


def react(
    rec: Recorder,
    name: str,
    value: str,
    detail: str | None = None,
    led_by: tuple[str, ...] = (),
) -> None:
    """Run every reaction to a fact, in the pack's order.

    `name` and `value` are a trigger's field and its value; `detail` is a task's result or a
    decision's outcome, `led_by` the reactions that led to the fact: these do not answer it.
    """
    for reaction in rec.pack.reactions:
        if any(reaction.goes_by(part_id) for part_id in led_by):
            continue
        if _answers(reaction.on, name, value, detail) and _is_free(rec, reaction):
            words = " ".join(word for word in (name, value, detail) if word)
            follows = (*led_by, reaction.id) if name == "delivery" else ()
            cause = Cause(reaction.id, f"{words} recorded".replace("_", " "), follows=follows)
            if reaction.once_a_day and not rec.is_paused:
                rec.effect(Reacted(on=_seen_on(rec, reaction)), cause)
            perform_reaction(rec, reaction, cause)


def perform_reaction(rec: Recorder, reaction: Reaction, cause: Cause) -> None:
    """Carry out a reaction, and whatever answers to a class it gives."""
    if reaction.at_step_time:
        series.at_next_step_time(rec, cause)
        return
    before = rec.state.case.classified if rec.state.case else None
    perform(rec, reaction.do, cause, is_step=False)
    follow_classification(rec, before)


def follow_classification(rec: Recorder, before: str | None) -> None:
    """Run the reactions to a class the case has only now."""
    now = rec.state.case.classified if rec.state.case else None
    if now is not None and now != before:
        react(rec, "classified", now)


def _seen_on(rec: Recorder, reaction: Reaction) -> date:
    """The day a reaction counts for: what it sends after hours is the next morning's notice."""
    if any(action.kind == "notice" for action in reaction.do):
        return goes_out_on(rec)
    return rec.today


def _is_free(rec: Recorder, reaction: Reaction) -> bool:
    if reaction.once_a_day and _has_answered_today(rec, reaction):
        return False
    return _is_often_enough(rec, reaction.on.task) and holds(reaction.if_, rec.state, rec.today)


def _has_answered_today(rec: Recorder, reaction: Reaction) -> bool:
    days = (rec.state.reacted.get(part_id) for part_id in reaction.names)
    return any(day is not None and day >= rec.today for day in days)


def _is_often_enough(rec: Recorder, task: OnTask | None) -> bool:
    """Whether the case has seen as many such tasks completed as the reaction waits for."""
    if task is None or task.times is None:
        return True
    done = rec.state.case.completed if rec.state.case else {}
    keys = [f"{task.kind}:{result}" for result in task.results] or [task.kind]
    return sum(done.get(key, 0) for key in keys) >= task.times


def _answers(on: Trigger, name: str, value: str, detail: str | None) -> bool:
    wanted = getattr(on, name)
    if wanted is None or wanted == ():
        return False
    if isinstance(wanted, OnApplication | OnDecision):
        return wanted.for_ == value and wanted.outcome == detail
    if on.task is not None:
        return on.task.kind == value and (not on.task.results or detail in on.task.results)
    return value in wanted if isinstance(wanted, tuple) else value == wanted
