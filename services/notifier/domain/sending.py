"""Whether a ready notice goes, and what became of an attempt to send it."""

from datetime import datetime
from typing import assert_never

import msgspec
from msgspec.structs import asdict

from chassis.owed import gate
from chassis.owed.ledger import LedgerView
from services.notifier.domain import commands as c
from services.notifier.domain import events as e
from services.notifier.domain import rules
from services.notifier.domain.amounts import asked, told_due_on
from services.notifier.domain.contact import first_allowed
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
    if notice.channel in state.opt_outs:
        return [e.NoticeSuppressed(notice.notice_id, "opted_out", notice.about)]
    known, settled = bool(state.profile), bool(terms.time_zone)
    missing = gate.missing(state.ledger, notice, now, profile=known, terms=settled)
    if missing:
        return _wait_for(missing, notice, now)
    contacts = () if notice.attempts else state.contacts
    case_id = "" if notice.attempts else notice.case_id or ""
    until, reason = first_allowed(now, terms, contacts, case_id)
    return [e.NoticeDeferred(notice.notice_id, until, reason)] if reason else []


def attempt(state: Account, command: c.AttemptNotice) -> list[e.Event]:
    """Record that the gateway is about to be called."""
    return [
        e.NoticeAttempted(
            notice_id=command.notice_id,
            attempt=state.open[command.notice_id].attempts + 1,
            at=command.now,
            day=command.day,
            to_masked=command.to_masked,
            sha256=command.sha256,
            content=command.content,
            place=command.place,
        )
    ]


def conclude(state: Account, command: c.Conclude) -> list[e.Event]:
    """Record what the gateway answered."""
    notice, result = state.open.get(command.notice_id), command.result
    if notice is None or notice.stage not in ("sending", "unknown"):
        return []
    match result.outcome:
        case "accepted":
            return [_sent(notice, result.reference, command.now)]
        case "refused":
            return [e.NoticeFailed(notice.notice_id, result.reason, notice.about, refused=True)]
        case "unavailable":
            return _again(notice, result.reason, command.now)
        case "unknown":
            return [] if notice.stage == "unknown" else [e.NoticeInDoubt(notice.notice_id)]
        case _:
            assert_never(result.outcome)


def find_out(state: Account, command: c.FindOut) -> list[e.Event]:
    """Settle a notice in doubt by what the gateway knows, else by the channel's written rule."""
    notice, now = state.open.get(command.notice_id), command.now
    if notice is None or notice.stage != "unknown":
        return []
    match command.finding:
        case "sent":
            return [_sent(notice, command.reference, now)]
        case "not_sent":
            return _again(notice, "not_taken", now)
        case "unclear":
            return [e.LookupPostponed(notice.notice_id, now + rules.LOOKUP_AGAIN_AFTER)]
        case "cannot_tell":
            if rules.IN_DOUBT[notice.channel] == "repeat":
                return _again(notice, "unknown", now)
            return [e.NoticeFailed(notice.notice_id, "unknown", notice.about)]
        case _:
            assert_never(command.finding)


def suppress(state: Account, command: c.SuppressNotice) -> list[e.Event]:
    """Do not send: the debtor has no address the channel can use."""
    about = state.open[command.notice_id].about
    return [e.NoticeSuppressed(command.notice_id, command.reason, about)]


def give_up(state: Account, command: c.GiveUpNotice) -> list[e.Event]:
    """Give a notice up that cannot be written at all."""
    about = state.open[command.notice_id].about
    return [e.NoticeFailed(command.notice_id, command.reason, about)]


def hold_back(state: Account, command: c.HoldBack) -> list[e.Event]:
    """Wait for a gateway that is being left alone."""
    return [e.NoticeDeferred(command.notice_id, command.until, "gateway")]


def split(state: Account, command: c.SplitNotice) -> list[e.Event]:
    """Further notices with the same content, one for each other address."""
    return [
        _copy(state.open[command.notice_id], number, sealed)
        for number, sealed in enumerate(command.others, start=2)
    ]


def _copy(notice: OpenNotice, number: int, destination: bytes) -> e.NoticeRequested:
    own = {"notice_id": f"{notice.notice_id}.{number}", "destination": destination}
    return msgspec.convert(asdict(notice) | own, e.NoticeRequested)


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


def _is_cleared(view: LedgerView, notice: OpenNotice, terms: Terms, now: datetime) -> bool:
    """Whether the ledger shows, as of the decision or later, that there is nothing to ask for."""
    if not gate.is_fresh(view, notice):
        return False
    if not _is_owed(view, notice):
        return True
    if not view.prepaid or not terms.time_zone:
        return False
    return not asked(view, notice, now.astimezone(terms.zone).date()).figures.total


def _is_owed(view: LedgerView, notice: OpenNotice) -> bool:
    """Whether what the notice is about is still unpaid, money that waits aside."""
    if notice.needs_overdue:
        return not gate.is_cleared(view, notice)
    due_on = told_due_on(notice)
    return any(one.principal > 0 and due_on in (None, one.due_on) for one in view.items.values())


def _wait_for(missing: gate.Missing, notice: OpenNotice, now: datetime) -> list[e.Event]:
    until = gate.look_again(notice, now)
    if until is not None:
        return [e.NoticeDeferred(notice.notice_id, until, missing)]
    if missing == "profile":
        return [e.NoticeSuppressed(notice.notice_id, "no_address", notice.about)]
    return [e.NoticeFailed(notice.notice_id, f"no_{missing}", notice.about)]


def _again(notice: OpenNotice, reason: str, now: datetime) -> list[e.Event]:
    pause = rules.retry_after(notice.attempts)
    if pause is None:
        return [e.NoticeFailed(notice.notice_id, reason, notice.about)]
    return [e.NoticeDeferred(notice.notice_id, now + pause, "retry")]
