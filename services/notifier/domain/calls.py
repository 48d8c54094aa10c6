"""Calls: one a case and local day; where nobody took it the debtor is called again a few times."""

from collections.abc import Sequence
from datetime import timedelta
from typing import get_args

from msgspec.structs import replace

from services.notifier.domain import commands as c
from services.notifier.domain import events as e
from services.notifier.domain.respond import record_delivery
from services.notifier.domain.rules import VOICE
from services.notifier.domain.state import Account, OpenNotice

UNANSWERED: frozenset[str] = frozenset(get_args(c.Unanswered))
AGAIN_AFTER = timedelta(hours=1)
CALLED_KEPT_MAX = 5


def record_call(state: Account, command: c.RecordCall) -> Sequence[e.Event]:
    """Nobody took a call: there is another one, or it was the last and the notice has failed.

    One told of late, when the next call is on its way or over, changes nothing.
    """
    if command.callback_id and command.callback_id in state.callbacks:
        return []
    known = state.called.get(command.notice_id)
    if known is None:
        return _as_failed(state, command)
    again = state.open.get(command.notice_id)
    if again is not None and again.calls > known.calls:
        return []
    if command.call not in (0, known.calls + 1):
        return []
    unanswered = e.CallUnanswered(
        notice_id=command.notice_id,
        how=command.how,
        at=command.at,
        until=command.now + AGAIN_AFTER,
        about=known.about,
        callback_id=command.callback_id,
        call=known.calls + 1,
    )
    if known.calls + 1 < command.calls_max:
        return [unanswered]
    failed = _as_failed(state, command)
    return [replace(unanswered, last=True), *failed] if failed else []


def plan_call(state: Account, command: c.PlanCall) -> Sequence[e.Event]:
    """The next call waits longer, where it is still to come."""
    notice = state.open.get(command.notice_id)
    if notice is None or notice.calls + 1 != command.call:
        return []
    if notice.stage != "waiting" or notice.until is None or notice.until >= command.not_before:
        return []
    return [e.NoticeDeferred(notice.notice_id, command.not_before, "frequency")]


def called(state: Account, notice: OpenNotice | None) -> dict[str, OpenNotice]:
    """The notices that may be called about again, after one of the account went out."""
    if notice is None or notice.channel != VOICE:
        return state.called
    others = {key: one for key, one in state.called.items() if key != notice.notice_id}
    kept = [*others.items(), (notice.notice_id, replace(notice, content=b""))]
    return dict(kept[-CALLED_KEPT_MAX:])


def call_again(notice: OpenNotice, event: e.CallUnanswered) -> OpenNotice:
    """The notice as it waits for its next call, which is a contact of its own."""
    return replace(
        notice,
        stage="waiting",
        until=event.until,
        reason=event.how,
        attempts=0,
        calls=notice.calls + 1,
    )


def _as_failed(state: Account, command: c.RecordCall) -> Sequence[e.Event]:
    told = c.RecordDelivery(VOICE, "failed", command.at, command.notice_id, command.callback_id)
    return record_delivery(state, told)
