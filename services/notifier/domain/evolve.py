"""How each event changes what the notifier remembers of an account."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from services.notifier.domain import events as e
from services.notifier.domain.state import Account, Contact, LedgerView, OpenNotice, SentNotice

CONTACT_WINDOW_DAYS = 7
SENT_KEPT_MAX = 40
DETAILS_KEPT_MAX = 100
IN_DOUBT_AFTER = timedelta(minutes=2)
"""Longer than any gateway call may take: a result that is not recorded by then is unknown."""


def evolve(state: Account, event: e.Event) -> Account:
    """The account after an event."""
    return _EVOLVE[type(event)](state, event)


def _debtor_upserted(state: Account, event: e.DebtorUpserted) -> Account:
    return replace(state, profile=event.sealed)


def _debtor_erased(state: Account, _event: e.DebtorErased) -> Account:
    return replace(state, profile=b"", details={}, erased=True, purge_due=True)


def _ledger_seen(state: Account, event: e.LedgerSeen) -> Account:
    items = {key: one for key, one in state.ledger.items.items() if key not in event.closed}
    items.update({one.item_id: one for one in event.changed})
    view = LedgerView(
        version=event.version,
        overdue=event.overdue,
        late_fee=event.late_fee,
        oldest_due_on=event.oldest_due_on,
        currency=event.currency,
        as_of=event.as_of,
        items=items,
        prepaid=event.prepaid,
    )
    return replace(state, ledger=view)


def _invoice_detailed(state: Account, event: e.InvoiceDetailed) -> Account:
    known = [*state.details.items(), (event.item_id, event.sealed)]
    return replace(state, details=dict(known[-DETAILS_KEPT_MAX:]))


def _contact_seen(state: Account, event: e.ContactSeen) -> Account:
    return _with_contact(state, Contact(day=event.day, case_id=event.case_id))


def _opted_out(state: Account, event: e.OptedOut) -> Account:
    return replace(state, opt_outs=tuple(sorted({*state.opt_outs, event.channel})))


def _opted_in(state: Account, event: e.OptedIn) -> Account:
    return replace(state, opt_outs=tuple(one for one in state.opt_outs if one != event.channel))


def _requested(state: Account, event: e.NoticeRequested) -> Account:
    notice = msgspec.convert(msgspec.structs.asdict(event), OpenNotice)
    return replace(state, open={**state.open, event.notice_id: notice})


def _deferred(state: Account, event: e.NoticeDeferred) -> Account:
    return _change(state, event.notice_id, stage="waiting", until=event.until, reason=event.reason)


def _notice_paused(state: Account, event: e.NoticePaused) -> Account:
    return _change(state, event.notice_id, stage="waiting", until=None, reason=event.reason)


def _notice_released(state: Account, event: e.NoticeReleased) -> Account:
    return _change(state, event.notice_id, stage="ready", until=None, reason="")


def _attempted(state: Account, event: e.NoticeAttempted) -> Account:
    notice = state.open[event.notice_id]
    changed = _change(
        state,
        event.notice_id,
        stage="sending",
        until=event.at + IN_DOUBT_AFTER,
        reason="",
        attempts=event.attempt,
        day=event.day,
        content=event.content,
        to_masked=event.to_masked,
        sha256=event.sha256,
    )
    if event.attempt > 1:
        return changed
    return _with_contact(changed, Contact(day=event.day, case_id=notice.case_id or ""))


def _sent(state: Account, event: e.NoticeSent) -> Account:
    sent = (*state.sent, SentNotice(notice_id=event.notice_id, about=event.about))
    return replace(_without(state, event.notice_id), sent=sent[-SENT_KEPT_MAX:])


def _in_doubt(state: Account, event: e.NoticeInDoubt) -> Account:
    return _change(state, event.notice_id, stage="unknown", until=None, reason="")


def _lookup_postponed(state: Account, event: e.LookupPostponed) -> Account:
    return _change(state, event.notice_id, stage="unknown", until=event.until, reason="lookup")


def _closed(state: Account, event: e.NoticeFailed | e.NoticeSuppressed) -> Account:
    return _without(state, event.notice_id)


def _delivery(state: Account, event: e.DeliveryRecorded) -> Account:
    sent = tuple(
        replace(one, result=event.result) if one.notice_id == event.notice_id else one
        for one in state.sent
    )
    heard = (*state.callbacks, event.callback_id) if event.callback_id else state.callbacks
    return replace(state, sent=sent, callbacks=heard[-SENT_KEPT_MAX:])


def _purged(state: Account, _event: e.OutboxPurged) -> Account:
    return replace(state, purge_due=False)


def _change(state: Account, notice_id: str, **changes: Any) -> Account:
    changed = replace(state.open[notice_id], **changes)
    return replace(state, open={**state.open, notice_id: changed})


def _without(state: Account, notice_id: str) -> Account:
    return replace(state, open={k: v for k, v in state.open.items() if k != notice_id})


def _with_contact(state: Account, contact: Contact) -> Account:
    oldest = contact.day - timedelta(days=CONTACT_WINDOW_DAYS - 1)
    kept = tuple(one for one in state.contacts if one.day >= oldest)
    return replace(state, contacts=(*kept, contact))


_EVOLVE: dict[type, Callable[[Account, Any], Account]] = {
    e.DebtorUpserted: _debtor_upserted,
    e.DebtorErased: _debtor_erased,
    e.LedgerSeen: _ledger_seen,
    e.InvoiceDetailed: _invoice_detailed,
    e.ContactSeen: _contact_seen,
    e.OptedOut: _opted_out,
    e.OptedIn: _opted_in,
    e.NoticeRequested: _requested,
    e.NoticeDeferred: _deferred,
    e.NoticePaused: _notice_paused,
    e.NoticeReleased: _notice_released,
    e.NoticeAttempted: _attempted,
    e.NoticeSent: _sent,
    e.NoticeInDoubt: _in_doubt,
    e.LookupPostponed: _lookup_postponed,
    e.NoticeFailed: _closed,
    e.NoticeSuppressed: _closed,
    e.DeliveryRecorded: _delivery,
    e.OutboxPurged: _purged,
}
