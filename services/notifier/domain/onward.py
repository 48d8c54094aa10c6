"""How a notice that is on its way, and one that goes on by another channel, changes an account."""

from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from services.notifier.domain import events as e
from services.notifier.domain.channels import (
    AWAITS_RESULT,
    Route,
    chosen,
    rerouted,
    route_of,
    routed,
)
from services.notifier.domain.charges import ChannelChosen, ResultNotAwaited
from services.notifier.domain.reaching import not_reached
from services.notifier.domain.rules import result_within
from services.notifier.domain.state import Account, Contact

_LAST = datetime(9999, 1, 1, tzinfo=UTC)
"""What went out before a backup was played back may say any time."""


def left(state: Account, event: e.NoticeSent) -> Account:
    """A notice that has further channels is kept until it is known whether it arrived."""
    notice = state.open.get(event.notice_id)
    if notice is None or not route_of(notice).left:
        return without(state, event.notice_id)
    until = min(event.at, _LAST) + result_within(notice.channel)
    return change(state, event.notice_id, stage="waiting", until=until, reason=AWAITS_RESULT)


def channel_chosen(state: Account, event: ChannelChosen) -> Account:
    notice = chosen(state.open[event.notice_id], event)
    return replace(state, open={**state.open, event.notice_id: notice})


def goes_by_next(state: Account, event: e.NoticeRerouted) -> Account:
    """The contact that failed was none: the notice counts where it goes on."""
    notice = state.open[event.notice_id]
    if event.refused:
        state = not_reached(state, notice.place)
    if event.day is not None:
        state = _without_contact(state, Contact(day=event.day, case_id=notice.case_id or ""))
    return replace(state, open={**state.open, event.notice_id: rerouted(notice, event)})


def not_awaited(state: Account, event: ResultNotAwaited) -> Account:
    return without(state, event.notice_id)


def arrived(state: Account, notice_id: str) -> Account:
    """A notice that arrived goes by no other channel; what is under way there is concluded."""
    notice = state.open.get(notice_id)
    if notice is None:
        return state
    if notice.stage in ("waiting", "ready"):
        return without(state, notice_id)
    return change(state, notice_id, variables=routed(notice.variables, Route()))


def _without_contact(state: Account, contact: Contact) -> Account:
    if contact not in state.contacts:
        return state
    at = state.contacts.index(contact)
    return replace(state, contacts=(*state.contacts[:at], *state.contacts[at + 1 :]))


def change(state: Account, notice_id: str, **changes: Any) -> Account:
    changed = replace(state.open[notice_id], **changes)
    return replace(state, open={**state.open, notice_id: changed})


def without(state: Account, notice_id: str) -> Account:
    return replace(state, open={k: v for k, v in state.open.items() if k != notice_id})
