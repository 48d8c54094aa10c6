"""How contacts, and what is known of the debtor, change."""

from datetime import date, timedelta
from typing import Any

from msgspec.structs import replace

from services.dunning.domain.account import Account, Change, with_case
from services.dunning.domain.case.events import TaskRequested
from services.dunning.domain.case.state import Case, NoticeAsked, WaitingContact
from services.dunning.domain.contact.events import (
    AccountErased,
    AccountUpdated,
    ContactDelayed,
    ContactReported,
    DeliveryRecorded,
    NoticeRequested,
    ReplyRecorded,
)
from services.dunning.domain.event import told_again
from services.dunning.policy.vocabulary import CONTACT_TASKS


def account_updated(state: Account, event: AccountUpdated) -> Account:
    return replace(
        state,
        segment=event.segment,
        attributes=event.attributes,
        profile=event.profile,
        reachable=event.reachable,
        agreement=event.agreement,
        responsible=event.responsible,
        mandate=event.mandate,
        department=event.department,
        guarantors=event.guarantors,
        people=event.people,
    )


def account_erased(state: Account, event: AccountErased) -> Account:
    return replace(
        state,
        segment=None,
        attributes=(),
        profile=b"",
        responsible=None,
        mandate=False,
        guarantors=(),
        people=b"",
    )


def replied(state: Account, event: ReplyRecorded) -> Account:
    return with_case(state, replied=True)


def notice_requested(state: Account, event: NoticeRequested) -> Account:
    state = replace(state, notices={**state.notices, event.channel: event.notice_id})
    if event.interrupts:
        ids = tuple(item.item_id for item in event.variables.items)
        latest = dict([*state.demands.items(), (event.notice_id, ids)][-_DEMANDS_REMEMBERED_MAX:])
        state = replace(state, demands=latest)
    if not state.case:
        return state
    asked = NoticeAsked(purpose=event.purpose, on=event.on, step=event.step, follows=event.follows)
    kept = [*state.case.asked.items(), (event.notice_id, asked)][-_ASKED_REMEMBERED_MAX:]
    return with_case(state, asked=dict(kept), **_contacted(state.case, event.on, event.contact))


def notice_reported(state: Account, event: DeliveryRecorded) -> Account:
    """A notice that failed before it went out, or was suppressed, was never sent; suppressed it is
    no contact either.
    """
    case = state.case
    if case is None or event.notice_id is None or event.result in STILL_OPEN:
        return state
    asked = case.asked.get(event.notice_id)
    if asked is None:
        return _reported_of_old(state, case, event)
    fate = event.reason or event.result if event.result == "suppressed" else event.result
    changes: dict[str, Any] = {
        "asked": {**case.asked, event.notice_id: replace(asked, fate=fate)},
    }
    if event.result == "suppressed" and not asked.fate:
        changes["contacts"] = _without_one(case.contacts, asked.on)
    if event.call and event.on:
        changes["contacts"] = (*_remembered(case, event.on), event.on)
    if event.result not in _NOT_SENT:
        changes["sent"] = _with(case.sent, asked.purpose)
    if event.result in _ARRIVED:
        changes["delivered"] = _with(case.delivered, asked.purpose)
    return with_case(state, **changes)


def delayed(state: Account, event: ContactDelayed) -> Account:
    if not state.case:
        return state
    waiting = WaitingContact(
        contact=event.contact,
        path=event.path,
        step=event.step or "",
        reason=told_again(event),
        channel=event.channel,
        follows=event.follows,
    )
    return with_case(state, waiting=(*state.case.waiting, waiting))


def _reported_of_old(state: Account, case: Case, event: DeliveryRecorded) -> Account:
    in_hand = dict(case.in_hand)
    purpose = in_hand.pop(event.notice_id or "", None)
    if purpose is None:
        return state
    sent = case.sent if event.result in _NOT_SENT else _with(case.sent, purpose)
    return with_case(state, in_hand=in_hand, sent=sent)


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if name in names else (*names, name)


def _without_one(days: tuple[date, ...], day: date) -> tuple[date, ...]:
    if day not in days:
        return days
    place = days.index(day)
    return (*days[:place], *days[place + 1 :])


_CONTACT_MEMORY = timedelta(days=400)
_DEMANDS_REMEMBERED_MAX = 32
_ASKED_REMEMBERED_MAX = 64
_REPORTED_REMEMBERED_MAX = 64
REROUTED = "rerouted"
UNANSWERED = frozenset({"busy", "no_answer", "machine"})
STILL_OPEN = frozenset({REROUTED, *UNANSWERED})
"""It goes on by another channel, or nobody took a call: what becomes of it is open."""
_NOT_SENT = ("failed", "suppressed")
_ARRIVED = ("delivered", "signed")


def _contacted(case: Case, on: date, contact: str | None) -> dict[str, Any]:
    return {
        "contacts": (*_remembered(case, on), on),
        "waiting": tuple(w for w in case.waiting if w.contact != contact),
    }


def _remembered(case: Case, on: date) -> tuple[date, ...]:
    return tuple(d for d in case.contacts if d > on - _CONTACT_MEMORY)


def contact_reported(state: Account, event: ContactReported) -> Account:
    """What an agency did counts like what was asked for here, on its own day."""
    name = name_of(event.agency, event.reference)
    state = replace(state, reported=(*state.reported, name)[-_REPORTED_REMEMBERED_MAX:])
    if not state.case:
        return state
    calls, contacts = state.case.calls, (*_remembered(state.case, event.on), event.on)
    if event.channel in CONTACT_TASKS:
        calls = (*calls, event.on)
    return with_case(state, calls=calls, contacts=contacts)


def name_of(agency: str, reference: str) -> str:
    """What a reported contact is known again by."""
    return f"{agency}\n{reference}"


def contact_asked(state: Account, event: TaskRequested) -> Account:
    """A call or a visit counts as a contact from when it is asked for."""
    if not state.case or event.kind not in CONTACT_TASKS:
        return state
    calls = (*(d for d in state.case.calls if d >= event.on), event.on)
    return with_case(state, calls=calls, **_contacted(state.case, event.on, event.contact))


CHANGES: dict[type, Change] = {
    AccountUpdated: account_updated,
    AccountErased: account_erased,
    ReplyRecorded: replied,
    ContactDelayed: delayed,
    ContactReported: contact_reported,
    NoticeRequested: notice_requested,
    DeliveryRecorded: notice_reported,
    TaskRequested: contact_asked,
}
