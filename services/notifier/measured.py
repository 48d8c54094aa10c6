"""What is counted of gateways and of what they answer."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from time import perf_counter

from chassis.runtime.service import Service
from services.notifier.domain.commands import AttemptResult
from services.notifier.views.notices import Task


@contextmanager
def timing(service: Service, channel: str, call: str) -> Iterator[None]:
    """How long a gateway takes, whether it answers or raises."""
    began = perf_counter()
    try:
        yield
    finally:
        seconds = service.metrics.gateway_seconds.labels(service.name, channel, call)
        seconds.observe(perf_counter() - began)


def count(service: Service, answered: Sequence[tuple[Task, AttemptResult]]) -> None:
    """What was answered, and how long ago what was taken had been asked for."""
    metrics, now = service.metrics, service.clock.now()
    results: Counter[tuple[str, str]] = Counter()
    for task, answer in answered:
        results[task.channel, answer.outcome] += 1
        if answer.outcome == "accepted":
            age = max(0.0, (now - task.requested_at).total_seconds())
            metrics.notice_seconds.labels(service.name, task.channel).observe(age)
    for (channel, result), number in results.items():
        metrics.notices.labels(service.name, channel, result).inc(number)


def note_breaker(service: Service, channel: str, gateway: str, open_until: datetime | None) -> None:
    """Until when nothing is handed to a channel's gateway."""
    until = 0.0 if open_until is None else open_until.timestamp()
    service.metrics.gateway_closed.labels(service.name, channel, gateway).set(until)


def note_spend(
    service: Service, channel: str, gateway: str, spent: int, stopped_until: datetime | None
) -> None:
    """What a gateway cost today, and until when its limit keeps it from costing more."""
    until = 0.0 if stopped_until is None else stopped_until.timestamp()
    service.metrics.gateway_spent.labels(service.name, channel, gateway).set(spent)
    service.metrics.gateway_spend_reached.labels(service.name, channel, gateway).set(until)
