"""Opening, pausing, resuming and closing the case (rules of all packs: case, pause)."""

from services.dunning.domain.agreements.plans import complete_plan
from services.dunning.domain.agreements.promises import lapse_promise
from services.dunning.domain.case.events import (
    ApprovalLapsed,
    CaseClosed,
    CaseOpened,
    CasePaused,
    CaseResumed,
    Classified,
    OverdueEnded,
    TaskWithdrawn,
)
from services.dunning.domain.case.grading import grade_on, is_graded
from services.dunning.domain.case.pausing import is_small
from services.dunning.domain.case.restrictions import restore
from services.dunning.domain.creditor.terms import money_terms, policy_ref
from services.dunning.domain.localtime import ONE_DAY
from services.dunning.domain.money.owing import overdue, overdue_principal, past_due
from services.dunning.domain.money.waiting_money import tell_of_waiting_money
from services.dunning.domain.recorder import Cause, Recorder
from services.dunning.policy.facts import CaseFact, ClassFact
from services.dunning.reasons import values as r


def reassess(rec: Recorder, *, may_open: bool = True) -> None:
    """Bring the case in line with what is owed: open it, close it, pause it, let it go on.

    Without `may_open` a case waits for the ledger's next word: money that lies ready may settle
    what has just become overdue.
    """
    if rec.state.updating:
        return
    if rec.state.case is None and overdue(rec.state, rec.today):
        if may_open and not is_small(rec.state, rec.pack.minimum_overdue, rec.today):
            _open(rec)
    elif rec.state.case is not None and not past_due(rec.state, rec.today):
        _close(rec)
    _regrade(rec)
    _follow_pause(rec)


def _regrade(rec: Recorder) -> None:
    """The grade of a graded case follows its oldest overdue item, up and down."""
    if not rec.pack.grading or not is_graded(rec.state, rec.pack):
        return
    before = rec.state.case.classified if rec.state.case else None
    now = grade_on(rec.state, rec.pack, rec.today)
    if now is not None and now != before:
        cause = Cause(None, r.GradeMoved())
        rec.effect(Classified(as_=now), cause)
        rec.react(ClassFact(now))


def _open(rec: Recorder) -> None:
    _forget_agreements(rec)
    oldest = overdue(rec.state, rec.today)[0]
    first = rec.today if rec.now <= rec.step_time else rec.today + ONE_DAY
    cause = Cause(None, r.ItemOverdue(oldest.item_id, oldest.due_on + ONE_DAY))
    ahead = rec.state.classified_ahead
    rec.effect(
        CaseOpened(
            case_id=rec.new_id("c"),
            policy_ref=policy_ref(rec.pack),
            opened_on=rec.today,
            first_step_on=first,
            oldest_due_on=oldest.due_on,
            overdue=overdue_principal(rec.state, rec.today),
            currency=rec.state.currency,
            ledger_version=rec.state.ledger_version,
            terms=money_terms(rec.pack),
        ),
        cause,
    )
    tell_of_waiting_money(rec)
    if ahead is not None:
        rec.effect(Classified(as_=ahead), Cause(None, r.ClassifiedBefore()))
    rec.react(CaseFact("opened"))


def _forget_agreements(rec: Recorder) -> None:
    """Promises and a plan made about an earlier case say nothing about a new arrear; they end with
    their case, but did not always.
    """
    for promise in rec.state.promises:
        if promise.case_id:
            lapse_promise(rec, promise)
    plan = rec.state.plan
    if plan is not None and plan.case_id:
        complete_plan(rec, plan)


def _close(rec: Recorder) -> None:
    cause = Cause(None, r.NothingOverdue())
    case_id = rec.case_id
    for task in rec.state.tasks:
        if task.case_id == case_id:
            rec.effect(TaskWithdrawn(task_id=task.task_id, kind=task.kind), cause)
    for approval in rec.state.approvals:
        if approval.case_id == case_id:
            rec.effect(ApprovalLapsed(approval_id=approval.approval_id, for_=approval.for_), cause)
    _end_agreements(rec)
    restore(rec, cause)
    rec.react(CaseFact("closed"))
    earlier = None if overdue(rec.before, rec.today) else rec.state.last_overdue_on
    rec.effect(CaseClosed(closed_on=rec.today, last_overdue_on=earlier), cause)


def _end_agreements(rec: Recorder) -> None:
    """End what was agreed about the case that closes: it says nothing about a new arrear."""
    for promise in rec.state.promises:
        if promise.case_id == rec.case_id:
            lapse_promise(rec, promise)
    plan = rec.state.plan
    if plan is not None and plan.case_id == rec.case_id:
        complete_plan(rec, plan)


def note_overdue_end(rec: Recorder) -> None:
    """Remember the last day on which something was overdue when no case closes with it: what is
    disputed is not overdue.
    """
    closed = rec.before.case is not None and rec.state.case is None
    before, now = rec.before, rec.state
    unchanged = before.items is now.items and before.disputes is now.disputes
    if closed or unchanged or overdue(rec.state, rec.today) or not overdue(rec.before, rec.today):
        return
    rec.emit(OverdueEnded(on=rec.today))


def _follow_pause(rec: Recorder) -> None:
    case = rec.state.case
    if case is None:
        return
    reasons = rec.pause_reasons
    if reasons == case.paused:
        return
    if reasons:
        rec.effect(CasePaused(reasons=reasons), Cause(None, r.Paused(reasons)))
    else:
        rec.effect(CaseResumed(), Cause(None, r.NothingPauses()))
