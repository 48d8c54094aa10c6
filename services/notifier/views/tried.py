"""The channels by which a notice was tried, in its row."""

import json
from typing import Any

from chassis.store.changed_rows import Statement
from chassis.store.stored import Stored
from contracts.words.streams import subject_of
from services.notifier.domain import events as e
from services.notifier.domain.state import REACHED

_REROUTED = """
update {table} set
    channel = $4, state = 'ready', reason = '', due = true, attempts = 0, day = null,
    sent_at = null, to_masked = null, reference = null, sha256 = null, content = null,
    gateway = null, result = null, result_at = null, result_by = null,
    tried = tried || jsonb_build_object(
        'channel', $5::text, 'reason', $6::text, 'at', $7::timestamptz, 'attempts', $8::int,
        'day', $9::date, 'to', $10::text, 'content_hash', $11::text)
where creditor = $1 and account = $2 and notice_id = $3
"""
_ARRIVED_LATE = """
update {table} set state = $4, result = $4, result_at = $5, result_by = $6, due = false
where creditor = $1 and account = $2 and notice_id = $3 and state in ('waiting', 'ready')
"""
"""It arrived by an earlier channel after all, and did not go by another yet."""


def rerouted(stored: Stored) -> Statement:
    """The row of a notice that goes on by another channel: nothing was attempted there."""
    event: e.NoticeRerouted = stored.event
    return Statement(
        _REROUTED,
        (
            *subject_of(stored.stream),
            event.notice_id,
            event.channel,
            event.about.channel,
            event.reason,
            stored.at,
            event.attempts,
            event.day,
            event.to_masked or None,
            event.sha256 or None,
        ),
    )


def told_late(stored: Stored) -> Statement | None:
    """What is told of a channel after the notice went on: only that it arrived there is news."""
    event: e.DeliveryRecorded = stored.event
    if event.result not in REACHED:
        return None
    told = event.result, event.at, event.by or None
    return Statement(_ARRIVED_LATE, (*subject_of(stored.stream), event.notice_id, *told))


def channels(row: Any) -> list[str]:
    """The channels by which a notice was tried before."""
    return [one["channel"] for one in json.loads(row["tried"])]
