"""What happens to a notice next: pure decisions over the account's state."""

from datetime import datetime
from typing import assert_never

from chassis.errors import Rejected
from contracts.words.vocabulary import CHANNELS
from services.notifier.domain import events as e
from services.notifier.domain import rules
from services.notifier.domain.amounts import asked, told_due_on
from services.notifier.domain.commands import AttemptResult, Finding, Rendered
from services.notifier.domain.contact import first_allowed
from services.notifier.domain.state import Account, LedgerView, OpenNotice
from services.notifier.domain.terms import Terms


def wake_at(state: Account) -> datetime | None:
    """When the account's next waiting, sending or unknown notice is to be looked at."""
    return min((one.until for one in state.open.values() if one.until is not None), default=None)


def request(state: Account, event: e.NoticeRequested) -> list[e.Event]:
    """Take a notice on; asking twice for the same changes nothing."""
    if event.channel not in CHANNELS:
        raise Rejected(f"notice {event.notice_id}: there is no channel '{event.channel}'")
    if event.notice_id in state.open or any(one.notice_id == event.notice_id for one in state.sent):
        return []
    return [event]


def erase(state: Account) -> list[e.Event]:
    """Forget the debtor; what has not left yet never will."""
    if state.erased:
        return []
    waiting = [
        e.NoticeSuppressed(one.notice_id, "erased", one.about) for one in state.open.values()
    ]
    return [*waiting, e.DebtorErased()]


def release(state: Account, reason: str) -> list[e.Event]:
    """What waited for something that has come need not wait any longer."""
    return [
        e.NoticeReleased(one.notice_id)
        for one in state.open.values()
        if one.stage == "waiting" and one.reason == reason
    ]


def pause(state: Account, case_id: str) -> list[e.Event]:
    """What has not left yet of a case that is paused stays here until it goes on; what the policy
    asks for during the pause (monthly entries, notices before a due date) is not held up.
    """
    return [
        e.NoticePaused(one.notice_id)
        for one in state.open.values()
        if one.case_id == case_id
        and one.needs_overdue
        and one.stage in ("waiting", "ready")
        and one.reason != e.PAUSED
    ]


def hold(state: Account) -> list[e.Event]:
    """Nothing leaves an account on hold; what belongs to its case waits as the case does."""
    return [
        e.NoticePaused(one.notice_id)
        for one in state.open.values()
        if _is_beside_case(one) and one.stage in ("waiting", "ready") and one.reason != e.PAUSED
    ]


def release_hold(state: Account) -> list[e.Event]:
    """What a hold held up is looked at again; what belongs to a case goes on with the case."""
    return [
        e.NoticeReleased(one.notice_id)
        for one in state.open.values()
        if _is_beside_case(one) and one.stage == "waiting" and one.reason == e.PAUSED
    ]


def _is_beside_case(notice: OpenNotice) -> bool:
    """Whether a pause of a case leaves it alone: monthly entries, notices before a due date."""
    return notice.case_id is None or not notice.needs_overdue


def close(state: Account, case_id: str) -> list[e.Event]:
    """What waited for a paused case that is over need not go any more."""
    return [
        e.NoticeSuppressed(one.notice_id, "cleared", one.about)
        for one in state.open.values()
        if one.case_id == case_id and one.reason == e.PAUSED
    ]


def wake(state: Account, now: datetime) -> list[e.Event]:
    """What waited long enough is released; an attempt without a result is in doubt."""
    decided: list[e.Event] = []
    for one in state.open.values():
        if one.until is None or one.until > now:
            continue
        if one.stage == "waiting":
            decided.append(e.NoticeReleased(one.notice_id))
        else:
            decided.append(e.NoticeInDoubt(one.notice_id))
    return decided


def gate(state: Account, notice: OpenNotice, terms: Terms, now: datetime) -> list[e.Event]:
    """Why a ready notice may not go now: a suppression or a deferral; empty when nothing stands in
    its way.
    """
    if state.erased:
        return [e.NoticeSuppressed(notice.notice_id, "erased", notice.about)]
    if _cleared(state, notice, terms, now):
        return [e.NoticeSuppressed(notice.notice_id, "cleared", notice.about)]
    if notice.channel in state.opt_outs:
        return [e.NoticeSuppressed(notice.notice_id, "opted_out", notice.about)]
    missing = _missing(state, notice, terms, now)
    if missing:
        return _wait_for(missing, notice, now)
    if notice.attempts:
        until, reason = first_allowed(now, terms, (), "")
    else:
        until, reason = first_allowed(now, terms, state.contacts, notice.case_id or "")
    return [e.NoticeDeferred(notice.notice_id, until, reason)] if reason else []


def attempt(notice: OpenNotice, rendered: Rendered, terms: Terms, now: datetime) -> list[e.Event]:
    """Record that the gateway is about to be called."""
    return [
        e.NoticeAttempted(
            notice_id=notice.notice_id,
            attempt=notice.attempts + 1,
            at=now,
            day=now.astimezone(terms.zone).date(),
            to_masked=rendered.to_masked,
            sha256=rendered.sha256,
            content=rendered.content,
            place=rendered.place,
        )
    ]


def conclude(state: Account, notice_id: str, result: AttemptResult, now: datetime) -> list[e.Event]:
    """Record what the gateway answered."""
    notice = state.open.get(notice_id)
    if notice is None or notice.stage not in ("sending", "unknown"):
        return []
    match result.outcome:
        case "accepted":
            return [_sent(notice, result.reference, now)]
        case "refused":
            return [e.NoticeFailed(notice_id, result.reason, notice.about, refused=True)]
        case "unavailable":
            return _again(notice, result.reason, now)
        case "unknown":
            return [] if notice.stage == "unknown" else [e.NoticeInDoubt(notice_id)]
        case _:
            assert_never(result.outcome)


def find_out(
    state: Account, notice_id: str, finding: Finding, reference: str, now: datetime
) -> list[e.Event]:
    """Settle a notice in doubt by what the gateway knows, else by the channel's written rule."""
    notice = state.open.get(notice_id)
    if notice is None or notice.stage != "unknown":
        return []
    match finding:
        case "sent":
            return [_sent(notice, reference, now)]
        case "not_sent":
            return _again(notice, "not_taken", now)
        case "unclear":
            return [e.LookupPostponed(notice_id, now + rules.LOOKUP_AGAIN_AFTER)]
        case "cannot_tell":
            if rules.IN_DOUBT[notice.channel] == "repeat":
                return _again(notice, "unknown", now)
            return [e.NoticeFailed(notice_id, "unknown", notice.about)]
        case _:
            assert_never(finding)


def no_address(notice: OpenNotice) -> list[e.Event]:
    """The debtor has no address the channel can use."""
    return [e.NoticeSuppressed(notice.notice_id, "no_address", notice.about)]


def fail(notice: OpenNotice, reason: str) -> list[e.Event]:
    """Give a notice up that cannot be written at all."""
    return [e.NoticeFailed(notice.notice_id, reason, notice.about)]


def hold_back(notice: OpenNotice, until: datetime) -> list[e.Event]:
    """Wait for a gateway that is being left alone."""
    return [e.NoticeDeferred(notice.notice_id, until, "gateway")]


def split(notice: OpenNotice, others: list[bytes]) -> list[e.Event]:
    """Further notices with the same content, one for each other address (sealed)."""
    return [
        e.NoticeRequested(
            notice_id=f"{notice.notice_id}.{number}",
            purpose=notice.purpose,
            channel=notice.channel,
            recipients=notice.recipients,
            template=notice.template,
            needs_overdue=notice.needs_overdue,
            ledger_version=notice.ledger_version,
            requested_at=notice.requested_at,
            case_id=notice.case_id,
            respond_by=notice.respond_by,
            variables=notice.variables,
            policy=notice.policy,
            policy_version=notice.policy_version,
            step=notice.step,
            correlation=notice.correlation,
            destination=sealed,
        )
        for number, sealed in enumerate(others, start=2)
    ]


def _sent(notice: OpenNotice, reference: str, now: datetime) -> e.NoticeSent:
    return e.NoticeSent(
        notice_id=notice.notice_id,
        reference=reference,
        at=now,
        to_masked=notice.to_masked,
        sha256=notice.sha256,
        attempt=notice.attempts,
        about=notice.about,
    )


def _cleared(state: Account, notice: OpenNotice, terms: Terms, now: datetime) -> bool:
    view = state.ledger
    if view.version == 0 or view.version < notice.ledger_version:
        return False
    if not _is_owed(view, notice):
        return True
    if not view.prepaid or not terms.time_zone:
        return False
    return not asked(view, notice, now.astimezone(terms.zone).date()).figures.total


def _is_owed(view: LedgerView, notice: OpenNotice) -> bool:
    """Whether what the notice is about is still unpaid, money that waits aside."""
    if notice.needs_overdue:
        return view.oldest_due_on is not None
    due_on = told_due_on(notice)
    return any(one.principal > 0 and due_on in (None, one.due_on) for one in view.items.values())


def _missing(state: Account, notice: OpenNotice, terms: Terms, now: datetime) -> str:
    if not state.profile:
        return "profile"
    if not terms.time_zone:
        return "terms"
    behind = state.ledger.version < notice.ledger_version
    if behind and now < notice.requested_at + rules.LEDGER_WAIT_MAX:
        return "ledger"
    return ""


def _wait_for(missing: str, notice: OpenNotice, now: datetime) -> list[e.Event]:
    waited = now - notice.requested_at
    if waited >= rules.PROFILE_WAIT_MAX:
        if missing == "profile":
            return [e.NoticeSuppressed(notice.notice_id, "no_address", notice.about)]
        return [e.NoticeFailed(notice.notice_id, f"no_{missing}", notice.about)]
    pause = min(max(waited, rules.MISSING_WAIT_MIN), rules.MISSING_WAIT_MAX)
    return [e.NoticeDeferred(notice.notice_id, now + pause, missing)]


def _again(notice: OpenNotice, reason: str, now: datetime) -> list[e.Event]:
    pause = rules.retry_after(notice.attempts)
    if pause is None:
        return [e.NoticeFailed(notice.notice_id, reason, notice.about)]
    return [e.NoticeDeferred(notice.notice_id, now + pause, "retry")]
