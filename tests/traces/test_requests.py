"""A request is a span, what is logged in it names the trace, and whom it calls goes on with it."""

import asyncio
import io
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import structlog
from fastapi import APIRouter

from chassis.http.app import create_app
from chassis.logging import configure, get_logger
from chassis.metrics import Metrics
from chassis.settings import Settings
from chassis.tracing.calls import HOOKS
from chassis.tracing.spans import part, under
from tests.chassis.http.conftest import settings
from tests.traces.told import PARENT, TRACE, UNSAMPLED, UPSTREAM, Told

__all__ = ["settings"]


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    output = io.StringIO()
    configure("notes", "info", output)
    yield output
    structlog.reset_defaults()


async def ask(
    settings: Settings, told: Told, path: str, traceparent: str | None, ratio: float = 0.0
) -> None:
    async def readiness() -> dict[str, Any]:
        await asyncio.sleep(0)
        return {}

    app = create_app(
        "notes",
        settings,
        routers=[APIRouter(prefix="/v1")],
        readiness=readiness,
        metrics=Metrics("notes"),
        traces=told.traces(ratio),
    )
    headers = {} if traceparent is None else {"traceparent": traceparent}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notes") as client:
        await client.get(path, headers=headers)


async def test_a_request_goes_on_with_the_trace_it_names(settings: Settings) -> None:
    told = Told()
    await ask(settings, told, "/v1/accounts/Zhang", UPSTREAM)
    (span,) = told.spans
    assert (span.name, span.kind, span.trace_id) == ("GET (none)", "server", TRACE)
    assert span.parent == bytes.fromhex(TRACE + PARENT)
    assert span.attributes == {
        "http.request.method": "GET",
        "http.route": "(none)",
        "http.response.status_code": 401,
    }


async def test_what_is_logged_in_a_request_names_its_trace(
    settings: Settings, output: io.StringIO
) -> None:
    told = Told()
    await ask(settings, told, "/v1/none", UPSTREAM)
    await ask(settings, told, "/v1/none", UNSAMPLED)
    lines = [json.loads(line) for line in output.getvalue().splitlines()]
    traced, other = (line for line in lines if line["event"] == "sign_in_refused")
    assert (traced["trace_id"], traced["span_id"]) == (TRACE, told.spans[0].span_id)
    assert traced["correlation"]
    assert "trace_id" not in other


async def test_a_request_that_names_none_begins_one_by_the_ratio(settings: Settings) -> None:
    none, every = Told(), Told()
    await ask(settings, none, "/v1/none", None, ratio=0.0)
    await ask(settings, every, "/v1/none", None, ratio=1.0)
    assert none.spans == []
    assert [span.parent for span in every.spans] == [None]


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_probes_are_not_traced(settings: Settings, path: str) -> None:
    told = Told()
    await ask(settings, told, path, UPSTREAM, ratio=1.0)
    assert told.spans == []


async def test_whom_we_call_is_told_the_trace_and_what_it_answers_is_noted() -> None:
    heard: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        heard.append(request.headers.get("traceparent"))
        return httpx.Response(503)

    told = Told()
    span = told.traces().of_request(UPSTREAM, "send notice", "internal", {})
    transport = httpx.MockTransport(answer)
    async with httpx.AsyncClient(transport=transport, event_hooks=HOOKS) as client:
        with under(span), part("send sms", "client", {}):
            await client.post("http://gateway:81/messages")
        await client.post("http://gateway:81/messages")
    (call,) = told.spans
    assert heard == [call.traceparent, None]
    assert call.error == "503"
    assert call.attributes == {
        "http.request.method": "POST",
        "server.address": "gateway",
        "server.port": 81,
        "http.response.status_code": 503,
    }


def test_a_line_outside_a_trace_names_none(output: io.StringIO) -> None:
    get_logger("here").info("failed", count=1)
    assert "trace_id" not in json.loads(output.getvalue())
