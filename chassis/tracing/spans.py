"""A span, and which one the work at hand belongs to. Nothing here knows OpenTelemetry."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

from chassis.tracing import traceparent
from chassis.tracing.traceparent import TRACE_BYTES, Context

Kind = Literal["internal", "server", "client", "producer", "consumer"]
Value = str | int


class Span:
    """A piece of work in a sampled trace, from its making to `end`.

    Attributes are ids and words of ours, as in the log: nothing that names a person. One that is
    not ended, since its transaction was rolled back, is never told.
    """

    __slots__ = (
        "_tools", "attributes", "began_ns", "context", "ended_ns", "error", "kind", "name",
        "parent",
    )  # fmt: skip

    def __init__(
        self,
        tools: "Tools",
        name: str,
        kind: Kind,
        trace: bytes,
        parent: Context | None,
        attributes: Mapping[str, Value],
    ) -> None:
        self._tools = tools
        self.name = name
        self.kind = kind
        self.context: Context = trace + tools.new_id()
        self.parent = parent
        self.attributes = dict(attributes)
        self.error: str | None = None
        self.began_ns = tools.now_ns()
        self.ended_ns = 0

    @property
    def trace_id(self) -> str:
        """The trace as people and other systems write it."""
        return self.context[:TRACE_BYTES].hex()

    @property
    def span_id(self) -> str:
        """The span as people and other systems write it."""
        return self.context[TRACE_BYTES:].hex()

    @property
    def traceparent(self) -> str:
        """What to hand on, so that others continue from here."""
        return traceparent.write(self.context)

    def child(self, name: str, kind: Kind, attributes: Mapping[str, Value]) -> "Span":
        """Begin a part of this one."""
        trace = self.context[:TRACE_BYTES]
        return Span(self._tools, name, kind, trace, self.context, attributes)

    def note(self, name: str, value: Value) -> None:
        """Say more about it."""
        self.attributes[name] = value

    def fail(self, error: str) -> None:
        """Say that it failed: the class of the error, or a status."""
        self.error = error

    def end(self) -> None:
        """It is over: it is told."""
        self.ended_ns = self._tools.now_ns()
        self._tools.tell(self)


class Tools:
    """What spans are made with: fresh ids, the instant, and who is told of those that ended."""

    __slots__ = ("new_id", "now_ns", "tell")

    def __init__(
        self, new_id: Callable[[], bytes], now_ns: Callable[[], int], tell: Callable[[Span], None]
    ) -> None:
        self.new_id = new_id
        self.now_ns = now_ns
        self.tell = tell


_CURRENT: ContextVar[Span | None] = ContextVar("span", default=None)


def current() -> Span | None:
    """The span that the work at hand belongs to; None outside sampled traces."""
    return _CURRENT.get()


@contextmanager
def under(span: Span | None) -> Iterator[None]:
    """Let what happens inside belong to a span; None changes nothing."""
    if span is None:
        yield
        return
    token = _CURRENT.set(span)
    try:
        yield
    finally:
        _CURRENT.reset(token)


@contextmanager
def part(name: str, kind: Kind, attributes: Mapping[str, Value]) -> Iterator[Span | None]:
    """Let what happens inside be a part of the current span, if there is one; what it raises is
    its error.
    """
    span = current()
    if span is None:
        yield None
        return
    span = span.child(name, kind, attributes)
    try:
        with under(span):
            yield span
    except BaseException as error:
        span.fail(type(error).__name__)
        raise
    finally:
        span.end()
