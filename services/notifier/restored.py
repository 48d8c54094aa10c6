"""What a restored notifier is told before it starts: the notices that went out after its backup."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from chassis.runtime.service import Service
from chassis.store.work import Work
from contracts import notifier
from contracts.codec import Message
from contracts.words.streams import Subject, account_stream, key_of, terms_stream
from services.notifier.domain import commands as c
from services.notifier.domain import events as e
from services.notifier.domain.decide import decide
from services.notifier.domain.terms import Terms

ASKED_AGAIN_WITHIN = timedelta(days=3)
"""How long after the restore a notice like one that went out is taken to be that one."""


class Told(NamedTuple):
    """A notice as the topic `notifier` has it: that it was sent, and what became known of it."""

    sent: Message
    fates: Sequence[e.Fate]


async def know_sent(service: Service, subject: Subject, told: Sequence[Told]) -> None:
    """Have the notifier know the notices of an account that went out after the backup."""
    lane = service.lane_of(*subject)
    stream, terms_of = account_stream(*subject), terms_stream(subject.creditor, lane)

    def learn(work: Work) -> None:
        terms: Terms = work.state(terms_of)
        for one in told:
            sent = _sent_earlier(one, terms, work.now)
            work.append(stream, decide(work.state(stream), c.KnowSent(sent)))

    await service.execute(key_of(*subject), [stream, terms_of], learn)


def fate(message: Message) -> e.Fate | None:
    """What a message says of the fate of a sent notice; `None` for one that says nothing of it."""
    if message.type == notifier.NoticeDelivered.TYPE:
        return e.Fate("delivered", message.data.at)
    if message.type == notifier.NoticeReturned.TYPE:
        return e.Fate(message.data.reason, message.data.at)
    if message.type == notifier.NoticeAcknowledged.TYPE and message.data.how == "signed":
        return e.Fate("signed", message.data.at)
    if message.type == notifier.NoticeFailed.TYPE and message.data.reason == "delivery_failed":
        return e.Fate("failed", message.data.at)
    return None


def _sent_earlier(told: Told, terms: Terms, now: datetime) -> e.SentEarlier:
    sent: notifier.NoticeSent = told.sent.data
    zone = terms.zone if terms.time_zone else UTC
    return e.SentEarlier(
        notice_id=sent.notice_id,
        about=e.About(
            sent.channel,
            sent.purpose or "",
            sent.case_id,
            sent.step,
            told.sent.correlationid,
        ),
        reference=sent.reference or "",
        at=sent.sent_at,
        day=sent.sent_at.astimezone(zone).date(),
        to_masked=sent.to,
        sha256=sent.content_hash,
        until=now + ASKED_AGAIN_WITHIN,
        fates=tuple(told.fates),
    )
