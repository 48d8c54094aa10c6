"""Spans that ended, told to a test instead of to a collector."""

from collections.abc import Callable
from itertools import count

from chassis.tracing.spans import Span
from chassis.tracing.traces import Traces

UPSTREAM = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
"""A recorded trace that somebody else began."""
TRACE, PARENT = UPSTREAM.split("-")[1:3]
UNSAMPLED = UPSTREAM[:-1] + "0"


class Told:
    """The spans of some services, in the order in which they ended."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self._numbers = count(1)

    def traces(self, ratio: float = 0.0) -> Traces:
        """Traces for a service; of the chains that begin in it a part is recorded."""
        return Traces(ratio, self.spans.append, "kafka", new_bytes=self._id())

    def named(self, name: str) -> Span:
        """The only span of this name."""
        (found,) = [span for span in self.spans if span.name == name]
        return found

    def names(self) -> list[str]:
        return [span.name for span in self.spans]

    def _id(self) -> Callable[[int], bytes]:
        return lambda size: next(self._numbers).to_bytes(size)
