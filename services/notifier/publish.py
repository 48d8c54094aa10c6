"""Which of the notifier's events others are told of."""

from collections.abc import Mapping
from typing import Any

from chassis.runtime.outgoing import Make, Publish, publisher
from chassis.store.stored import Stored
from contracts import notifier
from contracts.base import Contract
from services.notifier.domain import events as e


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
        template=event.template[:200] or None,
        call=event.call or None,
    )


def _unanswered(stored: Stored, account: str) -> Contract:
    event: e.CallUnanswered = stored.event
    return notifier.CallUnanswered.model_validate(
        _about(event, account) | {"how": event.how, "call": event.call or None, "at": event.at}
    )


def _failed(stored: Stored, account: str) -> Contract:
    event: e.NoticeFailed = stored.event
    return notifier.NoticeFailed(**_about(event, account), reason=event.reason, at=stored.at)


def _rerouted(stored: Stored, account: str) -> Contract:
    event: e.NoticeRerouted = stored.event
    return notifier.NoticeRerouted.model_validate(
        _about(event, account)
        | {"next_channel": event.channel, "reason": event.reason, "at": stored.at}
    )


def _suppressed(stored: Stored, account: str) -> Contract:
    event: e.NoticeSuppressed = stored.event
    about = _about(event, account)
    return notifier.NoticeSuppressed.model_validate(
        about | {"reason": event.reason, "at": stored.at}
    )


def _delivery(stored: Stored, account: str) -> Contract | None:
    event: e.DeliveryRecorded = stored.event
    if event.goes_on:
        return None
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


def _correlation(event: Any) -> str | None:
    about: e.About = event.about
    return about.correlation


_PUBLIC: Mapping[type, Make] = {
    e.NoticeSent: _sent,
    e.NoticeFailed: _failed,
    e.NoticeRerouted: _rerouted,
    e.NoticeSuppressed: _suppressed,
    e.DeliveryRecorded: _delivery,
    e.CallUnanswered: _unanswered,
}

publish: Publish = publisher(_PUBLIC, _correlation)
