"""The W3C form in which a trace is handed on: `00-<trace>-<span>-<flags>`."""

import re
from typing import NamedTuple

Context = bytes
"""A place in a sampled trace: the 16 bytes of the trace, then the 8 of the span."""
TRACE_BYTES = 16
HEADER = "traceparent"

_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.DOTALL)
_NO_VERSION = "ff"
_SAMPLED = 1


class Given(NamedTuple):
    """What a `traceparent` says: where we are, and whether the trace is recorded at all."""

    context: Context
    is_sampled: bool


def read(text: str) -> Given | None:
    """Read a `traceparent`; None for what is none, which W3C has us ignore.

    Of a version after ours, what we know of it is read.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    version, trace, span, flags, more = found.groups()
    if version == _NO_VERSION or (version == "00" and more) or not int(trace, 16) * int(span, 16):
        return None
    return Given(bytes.fromhex(trace + span), bool(int(flags, 16) & _SAMPLED))


def write(context: Context) -> str:
    """The `traceparent` of a place in a sampled trace."""
    return f"00-{context[:TRACE_BYTES].hex()}-{context[TRACE_BYTES:].hex()}-01"
