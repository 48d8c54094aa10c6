"""Running a handler on a unit of work, and what each kind of error means for the message."""

from collections.abc import Sequence

from asyncpg import Connection

from chassis.errors import (
    BrokenInvariant,
    Forbidden,
    Malformed,
    Misconfigured,
    NotFound,
    Rejected,
)
from chassis.logging import get_logger
from chassis.runtime.routes import MessageRoute
from chassis.store.faults import PASSING
from chassis.store.store import Store
from chassis.store.work import HistoryMissing, Work
from contracts.codec import Message

PARK = (Rejected, Malformed, NotFound, Forbidden, BrokenInvariant)
"""What is parked with its reason while the rest goes on; `BrokenInvariant` too, since stopping a
lane would punish everybody.
"""
RETRY = PASSING
"""What is tried again: the batch was rolled back and nothing of it was kept."""
STOP = (Misconfigured,)
"""What trying again cannot help: the service stops and says so."""

log = get_logger(__name__)


def run(
    work: Work, route: MessageRoute, message: Message, streams: Sequence[str]
) -> Exception | None:
    """Handle one message on the work; a refusal undoes what it did and is returned.

    `streams` are what the route named for the message.
    """
    work.begin(message.id, streams)
    try:
        route.handle(work, message)
    except PARK as refusal:
        work.undo()
        return refusal
    except RETRY + STOP:
        raise
    except Exception as fault:
        work.undo()
        log.exception(
            "handler_failed", message_type=message.type, message_id=message.id, error=fault
        )
        return BrokenInvariant(f"{type(fault).__name__} in the handler of {message.type}")
    return None


async def run_with_history(
    store: Store,
    connection: Connection,
    work: Work,
    route: MessageRoute,
    message: Message,
    streams: Sequence[str],
    refusal: Exception,
) -> Exception | None:
    """What becomes of a message that was refused: one that only lacked a history is handled again
    with it.
    """
    if not isinstance(refusal, HistoryMissing):
        return refusal
    await store.extend(connection, work, streams=(), histories=[refusal.stream])
    return run(work, route, message, streams)
