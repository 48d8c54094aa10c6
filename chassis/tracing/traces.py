"""Beginning and continuing traces: which chains are recorded."""

import os
import time
from collections.abc import Awaitable, Callable, Mapping

from chassis.tracing import traceparent
from chassis.tracing.spans import Kind, Span, Tools, Value
from chassis.tracing.traceparent import TRACE_BYTES, Context

_SPAN_BYTES = 8
_JUDGED_BYTES = 8
_ALL = 1 << 8 * _JUDGED_BYTES


async def _nothing() -> None:
    """Nobody waits for spans."""


class Traces:
    """The traces of one service instance.

    Whoever sent a `traceparent` decided whether its trace is recorded. Of the others `ratio` are,
    judged by the last 8 bytes of the trace: services that read the same message judge it alike.
    `tell` is told of each span that ended, `close` has what is left of them sent;
    `system` is what messages travel on, by the names of OpenTelemetry.
    """

    def __init__(
        self,
        ratio: float,
        tell: Callable[[Span], None],
        system: str = "",
        *,
        close: Callable[[], Awaitable[None]] = _nothing,
        new_bytes: Callable[[int], bytes] = os.urandom,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        bound = round(ratio * _ALL)  # compared as bytes, the longer above the shorter
        self._bound = bound.to_bytes(_JUDGED_BYTES) if bound < _ALL else b"\xff" * 9
        self._new_bytes = new_bytes
        self.close = close
        self.system = system
        self._tools = Tools(lambda: new_bytes(_SPAN_BYTES), now_ns, tell)

    def begins(self, trace: bytes) -> bool:
        """Whether a trace of this id that begins here is recorded."""
        return trace[TRACE_BYTES - _JUDGED_BYTES :] < self._bound

    def begin(self, name: str, kind: Kind, trace: bytes, attributes: Mapping[str, Value]) -> Span:
        """The first span of a trace."""
        return Span(self._tools, name, kind, trace, None, attributes)

    def go_on(
        self, name: str, kind: Kind, parent: Context, attributes: Mapping[str, Value]
    ) -> Span:
        """A span of a trace that was begun elsewhere, or before."""
        return Span(self._tools, name, kind, parent[:TRACE_BYTES], parent, attributes)

    def of_request(
        self, given: str | None, name: str, kind: Kind, attributes: Mapping[str, Value]
    ) -> Span | None:
        """The span of a request with this `traceparent`; None when its trace is not recorded."""
        said = None if given is None else traceparent.read(given)
        if said is not None:
            return self.go_on(name, kind, said.context, attributes) if said.is_sampled else None
        trace = self._new_bytes(TRACE_BYTES)
        return self.begin(name, kind, trace, attributes) if self.begins(trace) else None
