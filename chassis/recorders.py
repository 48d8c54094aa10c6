"""Who recorded an event: issuer and subject of the token that asked for it, beside whoever the
event says did it.

It is one more member of the event's stored JSON, behind those of the event: versions that know
nothing of it read over it. What a service records by itself, for a message, a timer or a gateway,
has none and costs nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

import msgspec

_MEMBER = b'"recorded_by":'
"""Text inside the JSON never has it so: a quotation mark in a string is escaped."""


class Recorder(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody with a token; without an issuer it is a service of ours, which has none.
    `proposed_by` is the subject of who asked for what this one approved.
    """

    issuer: str | None
    subject: str
    proposed_by: str | None = None


class _Kept(msgspec.Struct):
    recorded_by: Recorder | None = None


_current: ContextVar[Recorder | None] = ContextVar("recorder", default=None)
_read = msgspec.json.Decoder(_Kept).decode


@contextmanager
def asked_by(issuer: str, subject: str) -> Iterator[None]:
    """What is recorded inside was asked for with this token."""
    token = _current.set(Recorder(issuer, subject))
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def proposed_by(subject: str) -> Iterator[None]:
    """What is recorded inside somebody else asked for: the token at hand approves it."""
    approving = _current.get()
    token = _current.set(approving and Recorder(approving.issuer, approving.subject, subject))
    try:
        yield
    finally:
        _current.reset(token)


def asking() -> Recorder | None:
    """Whose token asks for what is done here; None: nobody's, the service works by itself."""
    return _current.get()


def written(data: bytes, recorder: Recorder) -> bytes:
    """An event's JSON with its recorder."""
    return b"%b,%b%b}" % (data[:-1], _MEMBER, msgspec.json.encode(recorder))


def recorder_of(data: bytes) -> Recorder | None:
    """Who is kept as the recorder in an event's JSON."""
    return _read(data).recorded_by if _MEMBER in data else None


def shown(service: str, kept: Recorder | None, event: Any, cause: str | None) -> Recorder | None:
    """The recorder of an event as people read it: the service itself where none is kept; None for
    what a person asked for before it was kept.
    """
    if kept is not None:
        return kept
    by = getattr(event, "by", None)  # a name, or the day a promise is for
    if by and isinstance(by, str) and (cause is None or _is_of_request(cause)):
        return None
    return Recorder(None, f"arrears/{service}")


def _is_of_request(cause: str) -> bool:
    """Requests have ids of their own making; messages of ours never look so: theirs have no
    strokes.
    """
    try:
        return str(UUID(cause)) == cause
    except ValueError:
        return False
