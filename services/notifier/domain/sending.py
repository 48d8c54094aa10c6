"""An attempt to send a notice, and what became of it."""

from datetime import datetime
from typing import assert_never

import msgspec
from msgspec.structs import asdict

from contracts.words.identifiers import LENGTH_MAX
from services.notifier.domain import channels, rules
from services.notifier.domain import commands as c
from services.notifier.domain import events as e
from services.notifier.domain.charges import NoticeMoved
from services.notifier.domain.state import Account, OpenNotice

COPIED_ID_MAX = LENGTH_MAX - len(".999999")
"""The longest id of a notice that leaves room for the number of a copy."""


def choose(state: Account, command: c.ChooseChannel) -> list[e.Event]:
    """Put the channels of a notice in order by their costs."""
    return channels.by_cost(state.open[command.notice_id], command.costs)


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
            gateway=command.gateway,
            charge=command.charge,
            template=command.template,
        )
    ]


def conclude(state: Account, command: c.Conclude) -> list[e.Event]:
    """Record what the gateway answered."""
    notice, result = state.open.get(command.notice_id), command.result
    if notice is None or notice.stage not in ("sending", "unknown"):
        return []
    match result.outcome:
        case "accepted":
            return [_sent(notice, result.reference, command.now, result.parts)]
        case "refused" if result.is_unset and result.elsewhere:
            return [NoticeMoved(notice.notice_id, notice.gateway, notice.charge)]
        case "refused":
            # What our own settings refuse says nothing against the address.
            return channels.failed(notice, result.reason, refused=not result.is_unset)
        case "unavailable" if result.elsewhere:
            return [NoticeMoved(notice.notice_id, notice.gateway, notice.charge)]
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
    """Do not send by a channel that can use none of the debtor's addresses."""
    return channels.suppressed(state.open[command.notice_id], command.reason)


def give_up(state: Account, command: c.GiveUpNotice) -> list[e.Event]:
    """Give a notice up that cannot be written at all."""
    about = state.open[command.notice_id].about
    return [e.NoticeFailed(command.notice_id, command.reason, about)]


def split(state: Account, command: c.SplitNotice) -> list[e.Event]:
    """Further notices with the same content, one for each other address."""
    return [
        _copy(state.open[command.notice_id], number, sealed)
        for number, sealed in enumerate(command.others, start=2)
    ]


def _copy(notice: OpenNotice, number: int, destination: bytes) -> e.NoticeRequested:
    own = {"notice_id": f"{notice.notice_id}.{number}", "destination": destination}
    return msgspec.convert(asdict(notice) | own, e.NoticeRequested)


def _sent(
    notice: OpenNotice, reference: str, now: datetime, parts: tuple[str, ...] = ()
) -> e.NoticeSent:
    return e.NoticeSent(
        notice_id=notice.notice_id,
        reference=reference,
        at=now,
        to_masked=notice.to_masked,
        sha256=notice.sha256,
        attempt=notice.attempts,
        about=notice.about,
        gateway=notice.gateway,
        parts=parts,
        template=notice.text,
        call=notice.calls + 1 if notice.channel == rules.VOICE else 0,
    )


def _again(notice: OpenNotice, reason: str, now: datetime) -> list[e.Event]:
    """Wait after an attempt that led to nothing; after the last one the notice is given up. Where
    it went on to another gateway at once, that was one attempt.
    """
    pause, refund = rules.retry_after(notice.attempts - notice.moves), notice.charge
    if pause is None:
        return channels.failed(notice, reason)
    return [e.NoticeDeferred(notice.notice_id, now + pause, "retry", refund)]
