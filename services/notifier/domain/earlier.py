"""Notices that went out in a time the store no longer knows: between the backup it was restored
from and its loss.

Dunning decides again what it had decided then, and asks for the same notices, not always under the
same ids. Whatever is asked for again is taken as sent, once for each time it was.
"""

from collections.abc import Sequence
from datetime import datetime

from services.notifier.domain import commands as c
from services.notifier.domain import events as e
from services.notifier.domain.state import Account, OpenNotice

ID_USED = "id_used"
"""Another notice went out under this one's id."""


def know_sent(state: Account, command: c.KnowSent) -> Sequence[e.Event]:
    """Learn that a notice went out: one that is on its way has arrived there, any other will be
    asked for again.
    """
    sent = command.sent
    waiting = state.open.get(sent.notice_id)
    if waiting is not None and _is_same(waiting, sent):
        return _concluded(waiting, sent)
    known = any(
        one.notice_id == sent.notice_id and one.about.purpose == sent.about.purpose
        for one in state.sent
    )
    return [] if known or sent in state.earlier else [sent]


def take_earlier(state: Account, command: c.TakeEarlier) -> Sequence[e.Event]:
    """Take a notice as sent that is known to have gone out; nothing for any other.

    A gateway that knows notices by their ids would take one for another that went out under its
    id, and send nothing: such a notice is given up, for people to see.
    """
    notice = state.open[command.notice_id]
    found = [one for one in state.earlier if one.until > command.now and _is_same(notice, one)]
    if not found:
        return _under_a_used_id(state, notice, command.now)
    best = min(
        found,
        key=lambda one: (
            one.notice_id != notice.notice_id,
            one.about.case_id != notice.case_id,
            one.at,
        ),
    )
    return _concluded(notice, best)


def _under_a_used_id(state: Account, notice: OpenNotice, now: datetime) -> Sequence[e.Event]:
    used = any(one.notice_id == notice.notice_id and one.until > now for one in state.earlier)
    return [e.NoticeFailed(notice.notice_id, ID_USED, notice.about)] if used else []


def _is_same(notice: OpenNotice, sent: e.SentEarlier) -> bool:
    about = sent.about
    return (notice.channel, notice.purpose, notice.step, _copy(notice.notice_id)) == (
        about.channel,
        about.purpose,
        about.step,
        _copy(sent.notice_id),
    )


def _copy(notice_id: str) -> str:
    """Which of several copies of a notice, one for each address, an id is of."""
    return notice_id.partition(".")[2]


def _concluded(notice: OpenNotice, sent: e.SentEarlier) -> list[e.Event]:
    events: list[e.Event] = []
    if notice.stage not in ("sending", "unknown"):
        events.append(
            e.NoticeAttempted(
                notice_id=notice.notice_id,
                attempt=notice.attempts + 1,
                at=sent.at,
                day=sent.day,
                to_masked=sent.to_masked,
                sha256=sent.sha256,
                content=b"",
            )
        )
    events.append(
        e.NoticeSent(
            notice_id=notice.notice_id,
            reference=sent.reference,
            at=sent.at,
            to_masked=sent.to_masked,
            sha256=sent.sha256,
            attempt=notice.attempts + len(events),
            about=notice.about,
        )
    )
    return [
        *events,
        *(
            e.DeliveryRecorded(notice.notice_id, fate.result, fate.at, notice.about)
            for fate in sent.fates
        ),
    ]
