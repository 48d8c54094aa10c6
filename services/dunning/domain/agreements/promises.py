"""Promises to pay: made, kept, broken, lapsed (rules of all packs: pause, value date, taken back).

Money counts from the instant it came in: a payment told late may show that a broken promise was
kept, and one that is taken back that a kept promise was not.
"""

from collections.abc import Iterator
from datetime import date, datetime
from functools import partial

from chassis.errors import Rejected
from services.dunning.domain.agreements.checking import checked_at, is_over
from services.dunning.domain.agreements.commands import MakePromise
from services.dunning.domain.agreements.events import (
    PromiseBroken,
    PromiseKept,
    PromiseLapsed,
    PromiseMade,
    PromiseResumed,
)
from services.dunning.domain.agreements.state import Promise
from services.dunning.domain.localtime import ONE_DAY
from services.dunning.domain.money.restarts import restart_by_promise
from services.dunning.domain.recorder import Cause, Due, Recorder, View
from services.dunning.policy.facts import PromiseFact
from services.dunning.reasons import ahead as a
from services.dunning.reasons import values as r


def make_promise(rec: Recorder, command: MakePromise) -> None:
    """Record a promise; it restarts limitation periods where the pack says so."""
    if command.amount <= 0:
        raise Rejected("a promise to pay needs an amount above 0")
    if command.by < rec.today:
        raise Rejected(f"the promised date {command.by} has passed; today is {rec.today}")
    promise_id = rec.new_id("p")
    rec.emit(
        PromiseMade(
            promise_id=promise_id,
            amount=command.amount,
            by=command.by,
            made_at=rec.now,
            case_id=rec.case_id,
            note=command.note,
        )
    )
    restart_by_promise(rec, promise_id)
    rec.react(PromiseFact("made"))


# ---- at the step time


def agenda(view: View, floor: date) -> Iterator[Due]:
    """A promise is looked at on the morning after its day."""
    for promise in view.state.promises:
        at = view.steps_at(max(promise.by + ONE_DAY, floor))
        yield Due(at, a.Routine.PROMISE_CHECK, a.Promised(), partial(_check, promise=promise))


def _check(rec: Recorder, promise: Promise) -> None:
    """Break a promise whose day has passed unpaid, and raise its alert."""
    if promise.by >= rec.today or promise.paid >= promise.amount:
        return
    if is_over(rec, promise.case_id):
        lapse_promise(rec, promise)
        return
    rec.emit(
        PromiseBroken(
            promise_id=promise.promise_id,
            paid=promise.paid,
            case_id=rec.case_id,
            until=rec.step_time,
        )
    )
    promised, paid = rec.amount(promise.amount), rec.amount(promise.paid)
    rec.alert("promise_broken", Cause(None, r.PromiseUnmet(promised, promise.by, paid)))
    rec.react(PromiseFact("broken"))


# ---- a payment is told


def keep_promises(rec: Recorder) -> None:
    """Keep the promises that the money so far keeps: those that run, and those that had been broken
    before a payment was told that came in in time.
    """
    for promise in rec.state.promises:
        if promise.paid >= promise.amount:
            _keep(rec, promise, max(rec.now, checked_at(rec, promise.by)))
    for promise in rec.state.past_promises:
        until = promise.until
        if promise.ended == "broken" and until and promise.paid_by(until) >= promise.amount:
            _keep(rec, promise, until)


def _keep(rec: Recorder, promise: Promise, until: datetime) -> None:
    rec.emit(
        PromiseKept(promise_id=promise.promise_id, case_id=promise.case_id or None, until=until)
    )
    rec.react(PromiseFact("kept"))


# ---- a payment is taken back


def promises_counting(rec: Recorder, payment_id: str) -> tuple[str, ...]:
    """The promises that have ended and a payment counts for."""
    return tuple(p.promise_id for p in rec.state.past_promises if payment_id in p.received)


def resume_promises(rec: Recorder, counted: tuple[str, ...]) -> None:
    """Let those of the counted promises run again that had ended well with money that counts as
    never made; one of a case that closed meanwhile is of the case that the arrear opens.
    """
    for promise in rec.state.past_promises:
        ended_well = promise.promise_id in counted and promise.ended != "broken"
        if ended_well and promise.paid < promise.amount:
            rec.emit(
                PromiseResumed(
                    promise_id=promise.promise_id,
                    amount=promise.amount,
                    by=promise.by,
                    paid=promise.paid,
                    case_id=rec.case_id,
                )
            )


# ---- over with what it was about


def lapse_promise(rec: Recorder, promise: Promise) -> None:
    """End a promise whose debt is gone: neither kept nor broken."""
    until = checked_at(rec, promise.by)
    rec.emit(
        PromiseLapsed(promise_id=promise.promise_id, case_id=promise.case_id or None, until=until)
    )
