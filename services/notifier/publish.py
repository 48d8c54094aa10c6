"""Which of the notifier's events others are told of."""

from collections.abc import Callable, Sequence
from typing import Any

from chassis.runtime.outgoing import Outgoing
from chassis.store.stored import Stored
from contracts import notifier
from contracts.base import Contract
from contracts.words.streams import subject_of
from services.notifier.domain import events as e


def publish(stored: Stored) -> Sequence[Outgoing]:
    """The messages of one event; none for what stays inside."""
    make = _PUBLIC.get(type(stored.event))
    if make is None:
        return []
    creditor, account = subject_of(stored.stream)
    data = make(stored, account)
    return [Outgoing(data, creditor, account, stored.event.about.correlation)]


def _about(event: Any, account: str) -> dict[str, Any]:
    about: e.About = event.about
    return {
        "notice_id": event.notice_id,
        "account_id": account,
        "case_id": about.case_id,
        "purpose": about.purpose,
        "channel": about.channel,
        "step": about.step,
    }


def _sent(stored: Stored, account: str) -> Contract:
    event: e.NoticeSent = stored.event
    return notifier.NoticeSent(
        **_about(event, account),
        to=event.to_masked,
        reference=event.reference[:200] or None,
        content_hash=event.sha256,
        sent_at=event.at,
        attempt=event.attempt,
    )


def _failed(stored: Stored, account: str) -> Contract:
    event: e.NoticeFailed = stored.event
    return notifier.NoticeFailed(**_about(event, account), reason=event.reason, at=stored.at)


def _suppressed(stored: Stored, account: str) -> Contract:
    event: e.NoticeSuppressed = stored.event
    about = _about(event, account)
    return notifier.NoticeSuppressed.model_validate(
        about | {"reason": event.reason, "at": stored.at}
    )


def _delivery(stored: Stored, account: str) -> Contract:
    event: e.DeliveryRecorded = stored.event
    about = _about(event, account)
    match event.result:
        case "signed":
            return notifier.NoticeAcknowledged(**about, how="signed", at=event.at)
        case "returned" | "refused":
            return notifier.NoticeReturned(**about, reason=event.result, at=event.at)
        case "failed":
            return notifier.NoticeFailed(**about, reason="delivery_failed", at=event.at)
        case _:
            return notifier.NoticeDelivered(**about, at=event.at)


_PUBLIC: dict[type, Callable[[Stored, str], Contract]] = {
    e.NoticeSent: _sent,
    e.NoticeFailed: _failed,
    e.NoticeSuppressed: _suppressed,
    e.DeliveryRecorded: _delivery,
}
