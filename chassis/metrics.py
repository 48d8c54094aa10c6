"""What one service instance counts, in a registry of its own so that four services can share a
process.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from contracts.registry import MODELS

_BATCH_BUCKETS = (1, 5, 10, 50, 100, 200, 500, 1000, 2000)
_SECONDS_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)


class Metrics:
    """The Prometheus metrics of one service instance.

    Every metric has `service` as its first label. Lanes are labels; accounts, creditors and ids
    never are (their number has no bound, and they name people).
    """

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, service: str) -> None:
        """Registers everything in a new registry: build one per service instance."""
        self.service = service
        self.registry = CollectorRegistry()
        self._consumer()
        self._publisher()
        self._timers()
        self._http()

    def kind(self, name: str | None) -> str:
        """A message's type as a label: one of the contracts', else `other`, so that nobody who
        writes to a topic can fill the store of metrics; the dead letters name the type.
        """
        if name is None:
            return "unreadable"
        return name if name in MODELS else "other"

    def render(self) -> bytes:
        """The text a Prometheus server scrapes."""
        return generate_latest(self.registry)

    def _consumer(self) -> None:
        self.consumed = self._counter(
            "messages_consumed", "Messages whose effects were committed.", "topic", "type"
        )
        self.duplicates = self._counter(
            "messages_duplicate", "Messages seen before and skipped.", "topic", "type"
        )
        self.parked = self._counter(
            "messages_parked", "Messages set aside as dead letters.", "topic", "type"
        )
        self.skipped = self._counter(
            "messages_skipped", "Messages of types the service does not read.", "topic"
        )
        self.unknown = self._counter(
            "messages_unknown", "Messages of types no contract has on the topic.", "topic", "type"
        )
        self.batch_size = self._histogram(
            "consumer_batch_size", "Messages per committed batch.", _BATCH_BUCKETS
        )
        self.batch_seconds = self._histogram(
            "consumer_batch_seconds", "Seconds per committed batch.", _SECONDS_BUCKETS
        )
        self.lag = self._gauge(
            "consumer_lag", "Messages of the lane not consumed yet.", "topic", "lane"
        )
        self.fenced = self._counter(
            "fence_hits", "Transactions refused because the lane had a new owner.", "lane"
        )
        self.stalled = self._gauge(
            "lane_stalled_seconds", "For how long a lane with work stands still.", "step", "lane"
        )
        self.lanes = self._gauge("lanes_owned", "Lanes this instance owns.")

    def _publisher(self) -> None:
        self.published = self._counter(
            "messages_published", "Messages the bus acknowledged.", "topic"
        )
        self.relay_position = self._gauge(
            "relay_position", "Position of the last event published.", "lane"
        )
        self.relay_lag = self._gauge("relay_lag", "Events of the lane not published yet.", "lane")

    def _timers(self) -> None:
        self.wakes = self._counter("wakes_fired", "Wake-ups handled.", "aggregate")
        self.wakes_failed = self._counter("wakes_failed", "Wake-ups that raised.", "aggregate")
        self.set_aside = self._counter(
            "events_set_aside", "Events not published, not projected, wake-ups failed.", "what"
        )
        self.conflicts = self._counter("conflicts", "Units of work retried after a conflict.")

    def _http(self) -> None:
        self.requests = self._counter(
            "http_requests", "Requests answered.", "method", "route", "status"
        )
        self.request_seconds = self._histogram(
            "http_request_seconds", "Seconds until the answer was sent.", _SECONDS_BUCKETS, "route"
        )

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"arrears_{name}", text, ("service", *labels), registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"arrears_{name}", text, ("service", *labels), registry=self.registry)

    def _histogram(
        self, name: str, text: str, buckets: tuple[float, ...], *labels: str
    ) -> Histogram:
        return Histogram(
            f"arrears_{name}",
            text,
            ("service", *labels),
            buckets=buckets,
            registry=self.registry,
        )
