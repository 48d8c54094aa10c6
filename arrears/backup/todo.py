"""What a restore leaves to people, line by line; without personal data."""

from collections.abc import Iterator

import msgspec

from arrears.backup.restoring import Restored
from contracts.codec import Message
from services.ledger.domain.cash.receipts import GAP

_NAMED = (
    *("promise_id", "plan_id", "dispute_id", "application_id", "approval_id", "task_id"),
    *("request_id", "document_id", "item_id", "hold_id", "kind", "action", "reason", "decision"),
    *("outcome", "result", "document", "step", "service", "amount", "by", "until"),
)


def lines(found: Restored) -> Iterator[str]:
    """What was found, and what is to be done about it."""
    since = found.since
    yield f"erasures carried out again before the start: {found.erased}"
    if found.listed is None:
        yield (
            "there was no list of erased debtors (ARREARS_ERASURES_FILE, --erasures): "
            + ("what the bus says is all" if found.same_bus else "whoever was erased since is back")
        )
    yield f"notices known to have gone out since the backup: {len(since.sent)}"
    if not found.same_bus:
        yield (
            "the bus is new: whatever came after the backup is missing. Have upstream send again "
            "what it sent since; what is known already is recognised by its id. Cash that comes "
            f"again gets a second receipt: {GAP} numbers of each month since are left out, so that "
            "none of those on paper is given to another payment"
        )
    for topic, lane in found.missing:
        yield (
            f"{topic}/{lane} no longer has all since the backup: notices may go out a second time, "
            "and people's entries below may be incomplete"
        )
    yield from _part(
        "Recorded by people since the backup, and lost: record it again unless it is there",
        since.by_people,
    )
    yield from _part(
        "Asked of others since the backup: it may be asked for a second time", since.outside
    )


def _part(title: str, messages: list[Message]) -> Iterator[str]:
    yield f"{title} ({len(messages)})"
    yield from (f"  {_line(message)}" for message in messages)


def _line(message: Message) -> str:
    data = msgspec.to_builtins(message.data)
    told = [f"{name} {data[name]}" for name in _NAMED if data.get(name) not in (None, "", [])]
    whose = f"{message.creditor}/{message.subject}"
    return f"{message.time:%Y-%m-%d %H:%M} {whose} {message.type}: {', '.join(told)}"
