"""The metrics that the four services have, by what a scrape calls them."""

import importlib
from typing import NamedTuple

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from chassis.metrics import Metrics
from chassis.settings import SERVICES

OF_THE_PROCESS = (
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_virtual_memory_bytes",
)


class Known(NamedTuple):
    """A metric: what kind it is, its labels, what it says, and which services have it."""

    kind: str
    labels: tuple[str, ...]
    text: str
    services: tuple[str, ...]


def known() -> dict[str, Known]:
    """Every metric by its name; a counter has `_total`, a histogram none of its endings."""
    found: dict[str, Known] = {}
    for service in SERVICES:
        for name, one in _of(service).items():
            services = (*found[name].services, service) if name in found else (service,)
            found[name] = one._replace(services=services)
    for name in OF_THE_PROCESS:
        kind = "counter" if name.endswith("_total") else "gauge"
        found[name] = Known(kind, (), "", SERVICES)
    return found


def endings(name: str, one: Known) -> set[str]:
    """The names under which a metric's samples stand in a scrape."""
    if one.kind == "histogram":
        return {f"{name}{ending}" for ending in ("_bucket", "_sum", "_count")}
    return {name}


def scraped(service: str) -> str:
    """What a service says that has something to say of each of its metrics."""
    metrics = metrics_of(service)
    for one in _wrappers(metrics):
        labelled = one.labels(*("x" for _ in one._labelnames))
        if isinstance(labelled, Histogram):
            labelled.observe(1)
    return metrics.render().decode()


def metrics_of(service: str) -> Metrics:
    """The metrics of a service that was just built."""
    metrics = Metrics(service)
    for figure in importlib.import_module(f"services.{service}.figures").FIGURES:
        for name, text in figure.gauges.items():
            metrics.add_figure(name, text, figure.labels)
    return metrics


def _of(service: str) -> dict[str, Known]:
    return dict(_known(one, service) for one in _wrappers(metrics_of(service)))


def _wrappers(metrics: Metrics) -> list[MetricWrapperBase]:
    there = [*vars(metrics).values(), *metrics.figures.values()]
    return [one for one in there if isinstance(one, MetricWrapperBase)]


def _known(metric: MetricWrapperBase, service: str) -> tuple[str, Known]:
    kinds = {Counter: ("counter", "_total"), Gauge: ("gauge", ""), Histogram: ("histogram", "")}
    kind, ending = kinds[type(metric)]
    labels = tuple(metric._labelnames)
    return f"{metric._name}{ending}", Known(kind, labels, metric._documentation, (service,))
