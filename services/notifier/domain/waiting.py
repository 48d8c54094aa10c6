"""A notice that waits: for what, until when, and what lets it go again.

    profile, terms, ledger    until it comes, or is looked for again (`gate.look_again`)
    hours, frequency, closed  until the case may be contacted (`contact.first_allowed`)
    time_zone                 until it is known what time it is where the debtor is (`contact`)
    called                    until the next day: there was a call or a visit (`contact`)
    gateway                   until a gateway that failed is tried again
    spend                     until a gateway may cost something again, on its next local day
    busy, no_answer, machine  until the debtor is called again (`calls`)
    retry                     until the next attempt (`sending`, `rules.retry_after`)
    result                    sent, until its fate is told, or no more awaited (`channels`)
    paused                    until the case goes on, or the hold is released: there is no other end

What waited is `ready` again, and all rules are looked at anew before it goes.
"""

from datetime import date, datetime

from chassis.owed import gate
from chassis.owed.ledger import LedgerView
from services.notifier.domain import channels
from services.notifier.domain import commands as c
from services.notifier.domain import events as e
from services.notifier.domain.amounts import asked, told_due_on
from services.notifier.domain.channels import AWAITS_RESULT
from services.notifier.domain.charges import ResultNotAwaited
from services.notifier.domain.contact import after_todays_call, first_allowed
from services.notifier.domain.respond import is_declined
from services.notifier.domain.rules import VOICE
from services.notifier.domain.state import Account, OpenNotice
from services.notifier.domain.terms import Terms


def check(state: Account, command: c.CheckNotice) -> list[e.Event]:
    """Why a ready notice may not go now: a suppression or a deferral; empty when nothing stands in
    its way.
    """
    notice, terms, now = state.open[command.notice_id], command.terms, command.now
    if state.erased:
        return [e.NoticeSuppressed(notice.notice_id, "erased", notice.about)]
    if _is_cleared(state.ledger, notice, terms, now):
        return [e.NoticeSuppressed(notice.notice_id, "cleared", notice.about)]
    if is_declined(state, notice.channel, notice.purpose):
        return channels.suppressed(notice, "opted_out")
    return _before_it_goes(state, notice, command)


def hold_back(state: Account, command: c.HoldBack) -> list[e.Event]:
    """Wait for a gateway that is being left alone, or that cost enough today."""
    return [e.NoticeDeferred(command.notice_id, command.until, command.reason)]


def pause(state: Account, command: c.PauseCase) -> list[e.Event]:
    """What has not left yet of a case that is paused stays here until it goes on; what the policy
    asks for during the pause (monthly entries, notices before a due date) is not held up. What was
    sent goes by no further channel, as reactions are lost in a pause.
    """
    return [
        _held(one)
        for one in state.open.values()
        if one.case_id == command.case_id and one.needs_overdue and _can_wait(one)
    ]


def resume(state: Account, command: c.ResumeCase) -> list[e.Event]:
    """What a pause held up is looked at again."""
    return released(state, e.PAUSED)


def end_case(state: Account, command: c.EndCase) -> list[e.Event]:
    """What waited for a paused case that is over need not go any more."""
    return [
        e.NoticeSuppressed(one.notice_id, "cleared", one.about)
        for one in state.open.values()
        if one.case_id == command.case_id and one.reason == e.PAUSED
    ]


def place_hold(state: Account, command: c.PlaceHold) -> list[e.Event]:
    """Nothing leaves an account on hold; what belongs to its case waits as the case does."""
    return [_held(one) for one in state.open.values() if _is_beside_case(one) and _can_wait(one)]


def release_hold(state: Account, command: c.ReleaseHold) -> list[e.Event]:
    """What a hold held up is looked at again; what belongs to a case goes on with the case."""
    return [
        e.NoticeReleased(one.notice_id)
        for one in state.open.values()
        if _is_beside_case(one) and one.stage == "waiting" and one.reason == e.PAUSED
    ]


def erased(notice: OpenNotice) -> e.Event:
    """What has not left when its debtor is erased never will; what has left stays."""
    if notice.reason == AWAITS_RESULT:
        return ResultNotAwaited(notice.notice_id)
    return e.NoticeSuppressed(notice.notice_id, "erased", notice.about)


def wake(state: Account, command: c.Wake) -> list[e.Event]:
    """What waited long enough is released; an attempt without a result is in doubt."""
    decided: list[e.Event] = []
    for one in state.open.values():
        if one.until is None or one.until > command.now:
            continue
        if one.reason == AWAITS_RESULT:
            decided.append(ResultNotAwaited(one.notice_id))
        elif one.stage == "waiting":
            decided.append(e.NoticeReleased(one.notice_id))
        else:
            decided.append(e.NoticeInDoubt(one.notice_id))
    return decided


def released(state: Account, reason: str) -> list[e.Event]:
    """What waited for something that has come need not wait any longer."""
    return [
        e.NoticeReleased(one.notice_id)
        for one in state.open.values()
        if one.stage == "waiting" and one.reason == reason
    ]


def _before_it_goes(state: Account, notice: OpenNotice, command: c.CheckNotice) -> list[e.Event]:
    """What a ready notice has to wait for: what is missing first, then the rules of contact.

    One that waited too long for what is missing is given up.
    """
    terms, now, zone = command.terms, command.now, command.zone
    known, settled = bool(state.profile), bool(terms.time_zone)
    missing = gate.missing(
        state.ledger, notice, now, _today(terms, now), profile=known, terms=settled
    )
    if missing:
        return _for_what_is_missing(missing, notice, now)
    # A further attempt is no further contact.
    contacts = () if notice.attempts else state.contacts
    until, reason = first_allowed(now, terms, contacts, zone)
    if reason:
        return [e.NoticeDeferred(notice.notice_id, until, reason)]
    if notice.channel != VOICE or notice.attempts:
        return []
    tomorrow = after_todays_call(now, terms, contacts, notice.case_id or "", zone)
    return [e.NoticeDeferred(notice.notice_id, tomorrow, "called")] if tomorrow else []


def _for_what_is_missing(missing: gate.Missing, notice: OpenNotice, now: datetime) -> list[e.Event]:
    until = gate.look_again(notice, now)
    if until is not None:
        return [e.NoticeDeferred(notice.notice_id, until, missing)]
    if missing == "profile":
        return [e.NoticeSuppressed(notice.notice_id, "no_address", notice.about)]
    return [e.NoticeFailed(notice.notice_id, f"no_{missing}", notice.about)]


def _held(notice: OpenNotice) -> e.Event:
    if notice.reason == AWAITS_RESULT:
        return ResultNotAwaited(notice.notice_id)
    return e.NoticePaused(notice.notice_id)


def _can_wait(notice: OpenNotice) -> bool:
    """Whether a notice may be held back, and is not yet."""
    return notice.stage in ("waiting", "ready") and notice.reason != e.PAUSED


def _is_beside_case(notice: OpenNotice) -> bool:
    """Whether a pause of a case leaves it alone: monthly entries, notices before a due date."""
    return notice.case_id is None or not notice.needs_overdue


def _is_cleared(view: LedgerView, notice: OpenNotice, terms: Terms, now: datetime) -> bool:
    """Whether the ledger shows, as of the decision or later, that there is nothing to ask for."""
    today = _today(terms, now)
    if not gate.is_fresh(view, notice, today):
        return False
    if not _is_owed(view, notice, today):
        return True
    if not view.prepaid or today is None:
        return False
    return not asked(view, notice, today).figures.total


def _today(terms: Terms, now: datetime) -> date | None:
    """The creditor's local day, once its terms are known."""
    return now.astimezone(terms.zone).date() if terms.time_zone else None


def _is_owed(view: LedgerView, notice: OpenNotice, today: date | None) -> bool:
    """Whether what the notice is about is still unpaid, money that waits aside."""
    if notice.needs_overdue:
        return not gate.is_cleared(view, notice, today)
    due_on = told_due_on(notice)
    return any(one.principal > 0 and due_on in (None, one.due_on) for one in view.items.values())
