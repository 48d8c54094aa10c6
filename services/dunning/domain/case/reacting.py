"""Reactions: what a pack does at once when a fact is recorded.

A reaction is not a step: it uses up no day, and what a pause forbids of it is lost.
"""

from datetime import date

from services.dunning.domain.case import series
from services.dunning.domain.case.conditions import holds
from services.dunning.domain.case.events import Reacted
from services.dunning.domain.contact.waiting import goes_out_on
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.actions import Notice
from services.dunning.policy.facts import DeliveryFact, Fact, TaskFact
from services.dunning.policy.model import Reaction
from services.dunning.policy.triggers import OnTask, Trigger, single_triggers
from services.dunning.policy.walk import followed_tasks
from services.dunning.reasons import values as r


def react(rec: Recorder, fact: Fact, led_by: tuple[str, ...] = ()) -> None:
    """Run every reaction to a fact, in the pack's order, and then what follows a task that ended;
    the reactions that led to the fact (`led_by`) do not answer it.
    """
    for reaction in rec.pack.reactions:
        if any(reaction.goes_by(part_id) for part_id in led_by):
            continue
        if _answers(rec, reaction.on, fact) and _is_free(rec, reaction):
            follows = (*led_by, reaction.id) if isinstance(fact, DeliveryFact) else ()
            cause = Cause(reaction.id, r.Recorded(str(fact)), follows=follows)
            if reaction.once_a_day and not rec.is_paused:
                rec.effect(Reacted(on=_seen_on(rec, reaction)), cause)
            perform_reaction(rec, reaction, cause)
    if isinstance(fact, TaskFact):
        _follow_task(rec, fact)


def perform_reaction(rec: Recorder, reaction: Reaction, cause: Cause) -> None:
    """Carry out a reaction, and whatever answers to a class it gives."""
    if reaction.at_step_time:
        series.at_next_step_time(rec, cause)
        return
    rec.perform(reaction.do, cause)


def _follow_task(rec: Recorder, fact: TaskFact) -> None:
    """Carry out what the pack lists as following a task, once it was done often enough."""
    for part_id, place, task in followed_tasks(rec.pack, fact.kind):
        done = rec.state.case.done.get(task.kind) if rec.state.case else None
        if done is not None and done.times >= task.times:
            rec.perform(task.then, Cause(part_id, r.Recorded(str(fact)), place))


def _seen_on(rec: Recorder, reaction: Reaction) -> date:
    """The day a reaction counts for: what it sends after hours is the next morning's notice."""
    if any(isinstance(action, Notice) for action in reaction.do):
        return goes_out_on(rec)
    return rec.today


def _answers(rec: Recorder, trigger: Trigger, fact: Fact) -> bool:
    return any(
        one.answers(fact) and (not isinstance(one, OnTask) or _is_often_enough(rec, one))
        for one in single_triggers(trigger)
    )


def _is_free(rec: Recorder, reaction: Reaction) -> bool:
    if reaction.once_a_day and _has_answered_today(rec, reaction):
        return False
    return holds(reaction.if_, rec.state, rec.today)


def _has_answered_today(rec: Recorder, reaction: Reaction) -> bool:
    days = (rec.state.reacted.get(part_id) for part_id in reaction.names)
    return any(day is not None and day >= rec.today for day in days)


def _is_often_enough(rec: Recorder, task: OnTask) -> bool:
    """Whether the case has seen as many such tasks completed as the reaction waits for."""
    if task.times is None:
        return True
    done = rec.state.case.done.get(task.kind) if rec.state.case else None
    if done is None:
        return False
    if not task.results:
        return done.times >= task.times
    told = (done.results[result].times for result in task.results if result in done.results)
    return sum(told) >= task.times
