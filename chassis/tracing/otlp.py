"""Spans on their way to an OpenTelemetry collector: OTLP over HTTP, in batches, from a thread of
their own. Imported where traces are on.

Nothing waits for the collector. While it is away, the newest spans are kept up to a bound (the
SDK's `OTEL_BSP_MAX_QUEUE_SIZE`, 2048) and the others are dropped.
"""

import asyncio
import logging
import threading
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from urllib.parse import urlsplit

from opentelemetry.context import Context as OtelContext
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from chassis.errors import Misconfigured
from chassis.logging import get_logger
from chassis.tracing.spans import Span
from chassis.tracing.traceparent import TRACE_BYTES, Context

log = get_logger(__name__)

_PATH = "/v1/traces"
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_KINDS: Mapping[str, SpanKind] = {kind.name.lower(): kind for kind in SpanKind}
_LAST_SECONDS = 2.0
_POLL_SECONDS = 0.02
_TODO = (
    "nothing waits for it: look at ARREARS_TRACES and the collector; spans are dropped until then"
)


class Otlp:
    """Tells a collector of the spans of one service instance.

    What is not ours to decide (headers, certificates, compression, further attributes of the
    resource) is read from the variables of OpenTelemetry.
    """

    def __init__(self, url: str, service: str, instance: str) -> None:
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # `_Telling` says it once
        self._exporter = _Telling(OTLPSpanExporter(endpoint=_endpoint(url)))
        self._ids = _GivenIds()
        self._provider = TracerProvider(
            sampler=ALWAYS_ON,
            resource=Resource.create(
                {
                    "service.namespace": "arrears",
                    "service.name": service,
                    "service.instance.id": instance,
                    "service.version": version("arrears"),
                }
            ),
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("arrears", version("arrears"))

    def tell(self, span: Span) -> None:
        """Hand over a span that has ended."""
        self._ids.span = span.context
        parent = OtelContext() if span.parent is None else _context(span.parent)
        told = self._tracer.start_span(
            span.name,
            context=parent,
            kind=_KINDS[span.kind],
            attributes=span.attributes,
            start_time=span.began_ns,
        )
        if span.error is not None:
            told.set_attribute("error.type", span.error)
            told.set_status(Status(StatusCode.ERROR))
        told.end(end_time=span.ended_ns)

    async def close(self) -> None:
        """Send what is left: for two seconds, and not to a collector that is away."""
        if self._exporter.is_away:
            self._exporter.give_up()
        last = threading.Thread(target=self._provider.shutdown, daemon=True)
        last.start()
        for _ in range(round(_LAST_SECONDS / _POLL_SECONDS)):
            if not last.is_alive():
                return
            await asyncio.sleep(_POLL_SECONDS)
        self._exporter.give_up()


class _GivenIds(IdGenerator):
    """The ids of the span that is told next: it was made before, and handed on."""

    span: Context = b""

    def generate_trace_id(self) -> int:
        return int.from_bytes(self.span[:TRACE_BYTES])

    def generate_span_id(self) -> int:
        return int.from_bytes(self.span[TRACE_BYTES:])


class _Telling(SpanExporter):
    """Says once that the collector does not take spans, and once that it does again."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self.is_away = False
        self._gave_up = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self._gave_up:
            return SpanExportResult.FAILURE
        result = self._exporter.export(spans)
        is_away = result is not SpanExportResult.SUCCESS
        if is_away and not self.is_away:
            log.warning("traces_not_taken", count=len(spans), todo=_TODO)
        if self.is_away and not is_away:
            log.info("traces_taken_again")
        self.is_away = is_away
        return result

    def give_up(self) -> None:
        """Let a try that is under way be the last."""
        self._gave_up = True
        self._exporter.shutdown()

    def shutdown(self) -> None:
        if not self._gave_up:
            self._exporter.shutdown()


def _context(parent: Context) -> OtelContext:
    trace, span = int.from_bytes(parent[:TRACE_BYTES]), int.from_bytes(parent[TRACE_BYTES:])
    given = SpanContext(trace, span, is_remote=True, trace_flags=_SAMPLED)
    return set_span_in_context(NonRecordingSpan(given))


def _endpoint(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Misconfigured("ARREARS_TRACES is not the URL of a collector: http://host:4318")
    return url if parts.path.endswith(_PATH) else url.rstrip("/") + _PATH
