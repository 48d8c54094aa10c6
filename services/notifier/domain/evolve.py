"""How each event changes what the notifier remembers of an account."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from chassis.owed.debtor import DebtorErased, kept_latest
from chassis.owed.ledger import LedgerSeen, seen
from chassis.store.aggregate import evolver
from services.notifier.domain import calls, listing
from services.notifier.domain import events as e
from services.notifier.domain.channels import first_route, routed
from services.notifier.domain.charges import ChannelChosen, NoticeMoved, ResultNotAwaited
from services.notifier.domain.entries import EntryRemoved, EntryRestored, EntryWithheld
from services.notifier.domain.onward import (
    arrived,
    change,
    channel_chosen,
    goes_by_next,
    left,
    not_awaited,
    without,
)
from services.notifier.domain.reaching import (
    not_reached,
    reached,
    told_of,
    with_new_addresses,
)
from services.notifier.domain.rules import CONTACT_WINDOW_DAYS, VOICE
from services.notifier.domain.state import (
    REACHED,
    Account,
    Contact,
    Listing,
    OpenNotice,
    SentNotice,
)

SENT_KEPT_MAX = 40
EARLIER_KEPT_MAX = 100
DETAILS_KEPT_MAX = 100
IN_DOUBT_AFTER = timedelta(minutes=2)
"""Longer than any gateway call may take: a result that is not recorded by then is unknown."""


def _debtor_upserted(state: Account, event: e.DebtorUpserted) -> Account:
    state = replace(state, profile=event.sealed)
    return with_new_addresses(state) if event.moved else state


def _debtor_erased(state: Account, _event: DebtorErased) -> Account:
    return replace(state, profile=b"", details={}, erased=True, purge_due=True)


def _ledger_seen(state: Account, event: LedgerSeen) -> Account:
    return replace(state, ledger=seen(state.ledger, event))


def _invoice_detailed(state: Account, event: e.InvoiceDetailed) -> Account:
    return replace(
        state, details=kept_latest(state.details, event.item_id, event.sealed, DETAILS_KEPT_MAX)
    )


def _contact_seen(state: Account, event: e.ContactSeen) -> Account:
    return _with_contact(state, Contact(event.day, event.case_id, event.is_call))


def _opted_out(state: Account, event: e.OptedOut) -> Account:
    return replace(state, opt_outs=tuple(sorted({*state.opt_outs, event.channel})))


def _opted_in(state: Account, event: e.OptedIn) -> Account:
    return replace(state, opt_outs=tuple(one for one in state.opt_outs if one != event.channel))


def _requested(state: Account, event: e.NoticeRequested) -> Account:
    notice = msgspec.convert(msgspec.structs.asdict(event), OpenNotice)
    if event.fallback:
        notice = replace(notice, variables=routed(notice.variables, first_route(event)))
    return replace(state, open={**state.open, event.notice_id: notice})


def _deferred(state: Account, event: e.NoticeDeferred) -> Account:
    until, reason = event.until, event.reason
    return change(
        state, event.notice_id, stage="waiting", until=until, reason=reason, tried=(), charge=None
    )


def _notice_paused(state: Account, event: e.NoticePaused) -> Account:
    return change(state, event.notice_id, stage="waiting", until=None, reason=event.reason)


def _notice_released(state: Account, event: e.NoticeReleased) -> Account:
    return change(state, event.notice_id, stage="ready", until=None, reason="")


def _attempted(state: Account, event: e.NoticeAttempted) -> Account:
    notice = state.open[event.notice_id]
    changed = change(
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
        place=event.place,
        gateway=event.gateway,
        charge=event.charge,
        text=event.template,
    )
    if event.attempt > 1:
        return changed
    is_call = notice.channel == VOICE
    return _with_contact(changed, Contact(event.day, notice.case_id or "", is_call))


def _moved(state: Account, event: NoticeMoved) -> Account:
    notice = state.open[event.notice_id]
    tried, moves = (*notice.tried, event.gateway), notice.moves + 1
    return change(
        state, event.notice_id, stage="ready", until=None, tried=tried, moves=moves, charge=None
    )


def _sent(state: Account, event: e.NoticeSent) -> Account:
    place = _place(state, event.notice_id)
    one = SentNotice(notice_id=event.notice_id, about=event.about, place=place)
    key = one.notice_id, event.about.channel
    others = (each for each in state.sent if (each.notice_id, each.about.channel) != key)
    sent = (*others, one)[-SENT_KEPT_MAX:]
    called = calls.called(state, state.open.get(event.notice_id))
    listed = listing.published(state, event)
    state = reached(left(state, event), place)
    return replace(
        state, sent=sent, earlier=_still_to_come(state, event), listed=listed, called=called
    )


def _sent_earlier(state: Account, event: e.SentEarlier) -> Account:
    return replace(state, earlier=(*state.earlier, event)[-EARLIER_KEPT_MAX:])


def _still_to_come(state: Account, event: e.NoticeSent) -> tuple[e.SentEarlier, ...]:
    """What went out in the time unknown, without the one that turned out to be this."""
    which = event.at, event.sha256, event.to_masked
    return tuple(one for one in state.earlier if (one.at, one.sha256, one.to_masked) != which)


def _in_doubt(state: Account, event: e.NoticeInDoubt) -> Account:
    return change(state, event.notice_id, stage="unknown", until=None, reason="")


def _lookup_postponed(state: Account, event: e.LookupPostponed) -> Account:
    return change(state, event.notice_id, stage="unknown", until=event.until, reason="lookup")


def _failed(state: Account, event: e.NoticeFailed) -> Account:
    place = _place(state, event.notice_id) if event.refused else ""
    return not_reached(without(state, event.notice_id), place)


def _suppressed(state: Account, event: e.NoticeSuppressed) -> Account:
    return without(state, event.notice_id)


def _delivery(state: Account, event: e.DeliveryRecorded) -> Account:
    state = _called_no_more(_heard(state, event.callback_id), event.notice_id)
    ids = [(one.notice_id, one.about.channel) for one in state.sent]
    if (event.notice_id, event.about.channel) not in ids:
        return state
    at = ids.index((event.notice_id, event.about.channel))
    notice, later = state.sent[at], state.sent[at + 1 :]
    told = replace(notice, result=event.result, result_at=event.at)
    sent = (*state.sent[:at], told, *later)
    state = told_of(replace(state, sent=sent), notice.place, event.result, later)
    return arrived(state, event.notice_id) if event.result in REACHED else state


def _call_unanswered(state: Account, event: e.CallUnanswered) -> Account:
    if event.last:
        return state
    again = calls.call_again(state.called[event.notice_id], event)
    state = _heard(state, event.callback_id)
    return replace(state, open={**state.open, event.notice_id: again})


def _called_no_more(state: Account, notice_id: str) -> Account:
    """The fate of a notice is known: nobody calls about it again."""
    known, again = state.called.get(notice_id), state.open.get(notice_id)
    if known is None:
        return state
    called = {key: one for key, one in state.called.items() if key != notice_id}
    if again is not None and again.calls > known.calls and again.stage in ("waiting", "ready"):
        state = without(state, notice_id)
    return replace(state, called=called)


def _heard(state: Account, callback_id: str) -> Account:
    heard = (*state.callbacks, callback_id) if callback_id else state.callbacks
    return replace(state, callbacks=heard[-SENT_KEPT_MAX:])


def _withheld(state: Account, event: EntryWithheld) -> Account:
    return _listed(state, lambda one: (*one.withheld, event.reason))


def _restored(state: Account, event: EntryRestored) -> Account:
    return _listed(state, lambda one: tuple(each for each in one.withheld if each != event.reason))


def _listed(state: Account, withheld: Callable[[Listing], tuple[str, ...]]) -> Account:
    entry = state.listed
    return (
        state if entry is None else replace(state, listed=replace(entry, withheld=withheld(entry)))
    )


def _removed(state: Account, _event: EntryRemoved) -> Account:
    return replace(state, listed=None)


def _receipt(state: Account, event: e.ReceiptNoted) -> Account:
    sent = tuple(
        replace(one, receipt=event.number) if one.notice_id == event.notice_id else one
        for one in state.sent
    )
    return replace(state, sent=sent)


def _purged(state: Account, _event: e.OutboxPurged) -> Account:
    return replace(state, purge_due=False)


def _place(state: Account, notice_id: str) -> str:
    notice = state.open.get(notice_id)
    return "" if notice is None else notice.place


def _with_contact(state: Account, contact: Contact) -> Account:
    oldest = contact.day - timedelta(days=CONTACT_WINDOW_DAYS - 1)
    kept = tuple(one for one in state.contacts if one.day >= oldest)
    return replace(state, contacts=(*kept, contact))


_EVOLVE: dict[type, Callable[[Account, Any], Account]] = {
    e.DebtorUpserted: _debtor_upserted,
    DebtorErased: _debtor_erased,
    LedgerSeen: _ledger_seen,
    e.InvoiceDetailed: _invoice_detailed,
    e.ContactSeen: _contact_seen,
    e.OptedOut: _opted_out,
    e.OptedIn: _opted_in,
    e.NoticeRequested: _requested,
    e.NoticeDeferred: _deferred,
    e.NoticePaused: _notice_paused,
    e.NoticeReleased: _notice_released,
    e.NoticeAttempted: _attempted,
    NoticeMoved: _moved,
    e.NoticeSent: _sent,
    e.NoticeInDoubt: _in_doubt,
    e.LookupPostponed: _lookup_postponed,
    e.NoticeFailed: _failed,
    ChannelChosen: channel_chosen,
    e.NoticeRerouted: goes_by_next,
    ResultNotAwaited: not_awaited,
    e.NoticeSuppressed: _suppressed,
    e.DeliveryRecorded: _delivery,
    e.ReceiptNoted: _receipt,
    e.CallUnanswered: _call_unanswered,
    e.SentEarlier: _sent_earlier,
    EntryWithheld: _withheld,
    EntryRestored: _restored,
    EntryRemoved: _removed,
    e.OutboxPurged: _purged,
}

evolve: Callable[[Account, e.Event], Account] = evolver(_EVOLVE)
"""The account after an event."""
