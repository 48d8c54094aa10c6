"""Handing a trace on to whom we call over HTTP: hooks of an `httpx` client.

They speak of the current span when that is the call's own (`spans.part`, kind "client").
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

from chassis.tracing import traceparent
from chassis.tracing.spans import Span, current

_REFUSED = 400


async def _hand_on(request: httpx.Request) -> None:
    span = _of_call()
    if span is not None:
        request.headers[traceparent.HEADER] = span.traceparent
        span.note("http.request.method", request.method)
        span.note("server.address", request.url.host)
        if request.url.port is not None:
            span.note("server.port", request.url.port)


async def _note_answer(response: httpx.Response) -> None:
    span = _of_call()
    if span is not None:
        span.note("http.response.status_code", response.status_code)
        if response.status_code >= _REFUSED:
            span.fail(str(response.status_code))


def _of_call() -> Span | None:
    span = current()
    return span if span is not None and span.kind == "client" else None


HOOKS: Mapping[str, list[Callable[..., Awaitable[Any]]]] = {
    "request": [_hand_on],
    "response": [_note_answer],
}
"""For `httpx.AsyncClient(event_hooks=…)`."""
