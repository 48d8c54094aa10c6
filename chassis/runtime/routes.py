"""The literal tables of a service: what loads and handles a message or a wake-up."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asyncpg import Connection

from chassis.bus.base import Record
from chassis.store.work import Work
from contracts.codec import Message

AsksFor = bool | Callable[[Message], bool]
"""Whether something is needed for all messages of a type, or which."""


@dataclass(frozen=True)
class MessageRoute:
    """How one message type is handled.

    `streams(message, lane)` names what to load; a message for which it names nothing is ignored,
    like one without a route. `history` loads the streams' whole histories too
    (the slow path of reversals), `subject` the debtor's personal-data key, `beside` what the
    service keeps beside these streams, always or for the messages it says.
    """

    streams: Callable[[Message, int], Sequence[str]]
    handle: Callable[[Work, Message], None]
    history: bool = False
    subject: AsksFor = False
    beside: AsksFor = False

    def asks_for_key(self, message: Message) -> bool:
        """Whether handling a message needs the debtor's key."""
        return _is_so(self.subject, message)

    def asks_beside(self, message: Message) -> bool:
        """Whether it needs what is kept beside the streams."""
        return _is_so(self.beside, message)


def _is_so(asks: AsksFor, message: Message) -> bool:
    return asks if isinstance(asks, bool) else asks(message)


@dataclass(frozen=True)
class WakeRoute:
    """How an aggregate's wake-up is handled.

    `streams(stream, lane)` names further streams to load, `subject` asks for the debtor's key,
    `beside` for what the service keeps beside the streams; `prepare(connection, stream, now)` reads
    creditor-wide facts that no single stream holds: they are `work.facts`.
    """

    handle: Callable[[Work, str], None]
    streams: Callable[[str, int], Sequence[str]] | None = None
    prepare: Callable[[Connection, str, datetime], Awaitable[Any]] | None = None
    subject: bool = False
    beside: bool = False


Item = tuple[Record, Message, MessageRoute, Sequence[str]]
"""A message with its route and the streams that names: a plain tuple, since one is made for every
message.
"""

Handle = Callable[[Work, Message], None]
CommandOf = Callable[[Work, Message], Any]


def by_command(
    stream_of: Callable[[Message], str], decide: Callable[[Any, Any], Sequence[Any]]
) -> Callable[[CommandOf], Handle]:
    """How messages are handled that are one command on one stream: from what makes the command of
    a message (`None` when it asks for nothing) to the route's `handle`.
    """

    def handled_by(command_of: CommandOf) -> Handle:
        def handle(work: Work, message: Message) -> None:
            command = command_of(work, message)
            if command is not None:
                stream = stream_of(message)
                work.append(stream, decide(work.state(stream), command))

        return handle

    return handled_by
