"""What one service instance counts, in a registry of its own so that four services can share a
process. docs/metrics.md is its table.
"""

from collections.abc import Callable, Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from contracts.registry import MODELS

_BATCH_BUCKETS = (1, 5, 10, 50, 100, 200, 500, 1000, 2000, 5000)
_SECONDS_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)
_EFFECT_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)
_LATE_BUCKETS = (1, 5, 10, 30, 60, 300, 900, 3600, 14_400)
_OTHER = "other"

disable_created_metrics()  # a second series for each of ours, which nobody asks for


class Metrics:
    """The Prometheus metrics of one service instance.

    Every metric but those of the process has `service` as its first label. Labels come from fixed
    sets: lanes, topics, types, routes, channels. Accounts and ids never are labels (their number
    has no bound, and they name people); of creditors the first `creditors_max` are, all others
    together are `other`.
    """

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, service: str, creditors_max: int = 0) -> None:
        """Registers everything in a new registry: build one per service instance."""
        self.service = service
        self.registry = CollectorRegistry()
        self._creditors: set[str] = set()
        self._creditors_max = creditors_max
        self._instance()
        self._lanes()
        self._consumer()
        self._publisher()
        self._timers()
        self._gateways()
        self._http()
        self.figures: dict[str, Gauge] = {}
        """The gauges of the service's business, by name; see `chassis.runtime.figures`."""
        ProcessCollector(registry=self.registry)

    def kind(self, name: str | None) -> str:
        """A message's type as a label: one of the contracts', else `other`, so that nobody who
        writes to a topic can fill the store of metrics; the dead letters name the type.
        """
        if name is None:
            return "unreadable"
        return name if name in MODELS else _OTHER

    def creditor(self, name: str) -> str:
        """A creditor as a label."""
        if name in self._creditors:
            return name
        if not name or len(self._creditors) >= self._creditors_max:
            return _OTHER
        self._creditors.add(name)
        return name

    def render(self) -> bytes:
        """The text a Prometheus server scrapes."""
        return generate_latest(self.registry)

    def add_figure(self, name: str, text: str, labels: Sequence[str]) -> None:
        """One more gauge of the service's business, by creditor."""
        self.figures[name] = self._gauge(name, text, "creditor", *labels)

    def count_set_aside(self, what: str) -> None:
        """One more event that was not published, not projected, or a wake-up that failed."""
        self.set_aside.labels(self.service, what).inc()

    def at_scrape(self, gauge: Gauge, read: Callable[[], float]) -> None:
        """Have a gauge read when somebody asks for it, and not before."""
        gauge.labels(self.service).set_function(read)

    def _instance(self) -> None:
        self.build = self._gauge(
            "build_info", "1; the version, and the revisions of its schema.", "version", "schema"
        )
        self.ready = self._gauge("ready", "1 while every loop works and no lane stands still.")
        self.loop_late = self._gauge(
            "loop_late_seconds", "How late the event loop was for its last look around."
        )
        self.pool_max = self._gauge("pool_connections_max", "Connections to PostgreSQL, at most.")
        self.pool_open = self._gauge("pool_connections", "Connections to PostgreSQL that are open.")
        self.pool_busy = self._gauge("pool_connections_busy", "Of these, those at work.")
        self.pool_waiting = self._gauge("pool_waiting", "Units of work that wait for a connection.")
        self.backed_up = self._gauge(
            "last_backup_timestamp_seconds", "When the last backup was made; 0: never."
        )

    def _lanes(self) -> None:
        self.lanes_all = self._gauge("lanes", "Lanes the service has.")
        self.lanes = self._gauge("lanes_owned", "Lanes this instance owns.")
        self.lane_moves = self._counter("lane_moves", "Lanes this instance took or left.", "what")
        self.fenced = self._counter(
            "fence_hits", "Transactions refused because the lane had a new owner.", "lane"
        )
        self.stalled = self._gauge(
            "lane_stalled_seconds", "For how long a lane with work stands still.", "step", "lane"
        )

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
        self.effect_seconds = self._histogram(
            "effect_seconds",
            "From a message's time to the commit of its effect, the oldest of a batch; of billing "
            "from its arrival where the bus tells it.",
            _EFFECT_BUCKETS,
            "topic",
        )
        self.lag = self._gauge(
            "consumer_lag", "Messages of the lane not consumed yet.", "topic", "lane"
        )
        self.lag_seconds = self._gauge(
            "consumer_lag_seconds",
            "For how long the oldest message not consumed has been there.",
            "topic",
            "lane",
        )
        self.letters = self._gauge(
            "dead_letters", "Dead letters in this instance's lanes nobody dealt with.", "source"
        )

    def _publisher(self) -> None:
        self.published = self._counter(
            "messages_published", "Messages the bus acknowledged.", "topic", "type", "creditor"
        )
        self.relay_lag = self._gauge(
            "relay_lag", "Events of the lane not published yet, up to 100,000.", "lane"
        )
        self.relay_lag_seconds = self._gauge(
            "relay_lag_seconds", "How long ago the oldest of them happened.", "lane"
        )

    def _timers(self) -> None:
        self.wakes = self._counter("wakes_fired", "Wake-ups handled.", "aggregate")
        self.wakes_late = self._histogram(
            "wake_late_seconds", "How late a batch of wake-ups was, its first.", _LATE_BUCKETS
        )
        self.set_aside = self._counter(
            "events_set_aside", "Events not published, not projected, wake-ups failed.", "what"
        )
        self.conflicts = self._counter("conflicts", "Units of work retried after a conflict.")

    def _gateways(self) -> None:
        self.notices = self._counter(
            "notices", "What gateways answered to notices.", "channel", "result"
        )
        self.gateway_seconds = self._histogram(
            "gateway_seconds", "Seconds of a gateway's answer.", _SECONDS_BUCKETS, "channel", "call"
        )
        self.gateway_closed = self._gauge(
            "gateway_closed_until_timestamp_seconds",
            "Until when a gateway that failed is left alone; 0: it is not.",
            "channel",
            "gateway",
        )
        self.gateway_spent = self._gauge(
            "gateway_spent_minor_units",
            "What a gateway with a spend limit cost on its local day.",
            "channel",
            "gateway",
        )
        self.gateway_spend_reached = self._gauge(
            "gateway_spend_reached_until_timestamp_seconds",
            "Until when a gateway is not used as it cost enough today; 0: it may be.",
            "channel",
            "gateway",
        )
        self.notice_seconds = self._histogram(
            "notice_seconds",
            "From the request for a notice to its sending, waits of the rules included.",
            _EFFECT_BUCKETS,
            "channel",
        )

        self.mails_read = self._counter(
            "mails_read", "What was in the mailbox of bounces.", "result"
        )

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
