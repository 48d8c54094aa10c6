"""Traces that are off import nothing; a collector that is away holds nobody up."""

import asyncio
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from chassis.errors import Misconfigured
from chassis.logging import configure
from chassis.settings import Settings
from chassis.tracing.opening import open_traces
from chassis.tracing.traces import Traces
from tests.support.processes import ROOT, free_ports
from tests.traces.conftest import open_receiver

_LOAD = """
import sys
import arrears.cli, arrears.live, services.ledger.main, services.dunning.main
import services.notifier.main, services.legal.main
from chassis.settings import Settings
from chassis.tracing.opening import open_traces
assert open_traces(Settings(), "ledger") is None
found = ("opentelemetry.sdk", "opentelemetry.exporter", "google.protobuf", "requests")
print([name for name in sys.modules if name.startswith(found)])
"""
_FOREIGN = """
import asyncio
import httpx
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
exporter, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
from chassis.http.app import create_app
from chassis.metrics import Metrics
from chassis.settings import Settings
app = create_app(
    "notes", Settings(data_dir="."), routers=[], readiness=dict, metrics=Metrics("notes")
)
async def ask():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        await client.get("http://notes/healthz?of=Zhang")
asyncio.run(ask())
print([span.name for span in exporter.get_finished_spans()])
"""


@pytest.fixture
def output(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "600")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.2")
    output = io.StringIO()
    configure("toy", "info", output)
    yield output
    structlog.reset_defaults()


def traces_to(url: str) -> Traces:
    traces = open_traces(Settings(traces=url, trace_ratio=1.0), "ledger")
    assert traces is not None
    return traces


def end_spans(traces: Traces, number: int) -> None:
    for _ in range(number):
        span = traces.of_request(None, "GET /", "server", {})
        assert span is not None
        span.end()


def events(output: io.StringIO) -> list[str]:
    return [json.loads(line)["event"] for line in output.getvalue().splitlines()]


def printed_by(program: str, folder: Path) -> str:
    command = [sys.executable, "-c", program]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=folder, env=environment
    )
    return done.stdout.strip()


def test_traces_that_are_off_import_neither_sdk_nor_exporter(tmp_path: Path) -> None:
    assert printed_by(_LOAD, tmp_path) == "[]"


def test_nobody_elses_tracing_is_told_of_paths(tmp_path: Path) -> None:
    assert printed_by(_FOREIGN, tmp_path).splitlines()[-1] == "[]"


@pytest.mark.parametrize("url", ["collector:4318", "", "ftp://collector", "/v1/traces"])
def test_what_is_no_url_of_a_collector_is_named(url: str) -> None:
    with pytest.raises(Misconfigured, match="ARREARS_TRACES"):
        open_traces(Settings(traces=url), "ledger")


async def test_a_collector_that_is_away_is_told_once_and_holds_nobody_up(
    output: io.StringIO,
) -> None:
    (port,) = free_ports(1)
    traces = traces_to(f"http://127.0.0.1:{port}")
    before = threading.active_count()
    for _ in range(3):
        end_spans(traces, 600)
        end_spans(traces, 600)
        await asyncio.sleep(0)
    while "traces_not_taken" not in events(output):
        await asyncio.sleep(0.02)
    end_spans(traces, 2_000)
    await traces.close()
    assert events(output) == ["traces_not_taken"]
    assert threading.active_count() <= before


async def test_a_collector_that_comes_back_gets_what_is_new(
    output: io.StringIO, tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    traces = traces_to(f"http://127.0.0.1:{port}")
    end_spans(traces, 1)
    while "traces_not_taken" not in events(output):
        await asyncio.sleep(0.02)
    with open_receiver(tmp_path, port) as receiver:
        while "traces_taken_again" not in events(output):
            end_spans(traces, 1)
            await asyncio.sleep(0.05)
        await traces.close()
        while not receiver.spans():
            await asyncio.sleep(0.05)
        assert {span.service for span in receiver.spans()} == {"ledger"}
    assert events(output) == ["traces_not_taken", "traces_taken_again"]
