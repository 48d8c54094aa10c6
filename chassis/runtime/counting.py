"""What a committed batch adds to the metrics: once for each batch, not for each message."""

from datetime import datetime

from chassis.metrics import Metrics
from chassis.runtime.batch import Batch, topic_of


def count(metrics: Metrics, batch: Batch, seconds: float, now: datetime) -> None:
    """Count a batch that took so many seconds and was committed at `now`."""
    service = metrics.service
    metrics.batch_size.labels(service).observe(len(batch.records))
    metrics.batch_seconds.labels(service).observe(seconds)
    for topic, since in batch.since.items():
        age = (now - since).total_seconds()
        metrics.effect_seconds.labels(service, topic).observe(max(0.0, age))
    for kind, number in batch.applied.items():
        metrics.consumed.labels(service, topic_of(kind), kind).inc(number)
    for kind, number in batch.duplicates.items():
        metrics.duplicates.labels(service, topic_of(kind), kind).inc(number)
    for (topic, kind), number in batch.unknown.items():
        metrics.unknown.labels(service, topic, metrics.kind(kind)).inc(number)
    for topic, number in batch.skipped.items():
        metrics.skipped.labels(service, topic).inc(number)
