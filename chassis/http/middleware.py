"""What stands in front of every route: the access log, the size limit and the gate."""

import re
import time
import uuid
from http import HTTPStatus

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.errors import ArrearsError
from chassis.http.auth import Authenticator, Unauthenticated
from chassis.http.problems import problem, problem_of, unauthorized
from chassis.logging import get_logger
from chassis.metrics import Metrics

CORRELATION_HEADER = b"x-correlation-id"
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/metrics", "/docs", "/openapi.json"})
OPEN_PREFIXES = ("/static-offline-docs/", "/docs/")
SIGNED_PREFIX = "/v1/callbacks/"
"""Providers have no token: these routes believe a signature over the request instead."""
_CORRELATION = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_UNROUTED = "(none)"
_log = get_logger("chassis.http.access")


class AccessLog:
    """Counts and logs every request by its route's template: paths and query strings may name
    people.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        correlation = _correlation(scope)
        scope.setdefault("state", {})["correlation"] = correlation
        started = time.perf_counter()
        status = int(HTTPStatus.INTERNAL_SERVER_ERROR)

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", []).append((CORRELATION_HEADER, correlation.encode()))
            await send(message)

        with structlog.contextvars.bound_contextvars(correlation=correlation):
            try:
                await self._app(scope, receive, watch)
            finally:
                self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        service = self._metrics.service
        self._metrics.requests.labels(service, scope["method"], route, str(status)).inc()
        self._metrics.request_seconds.labels(service, route).observe(seconds)
        _log.info(
            "request",
            method=scope["method"],
            route=route,
            status=status,
            duration_ms=round(seconds * 1000, 1),
        )


class SizeLimit:
    """Refuses request bodies that are too large, declared or streamed."""

    def __init__(self, app: ASGIApp, bytes_max: int) -> None:
        self._app = app
        self._bytes_max = bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request has at most {self._bytes_max} bytes"
        )
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > self._bytes_max:
            await refusal(scope, receive, send)
            return
        body = await self._collect(receive)
        if body is None:
            await refusal(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    async def _collect(self, receive: Receive) -> bytes | None:
        body = bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > self._bytes_max:
                return None
            if not message.get("more_body", False):
                return bytes(body)


class Gate:
    """Lets nobody through without a token, but to health, metrics and documentation: a new route is
    closed by default.
    """

    def __init__(self, app: ASGIApp, authenticator: Authenticator) -> None:
        self._app = app
        self._authenticator = authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and not _is_open(scope):
            header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
            try:
                principal = await self._authenticator.principal(header)
            except Unauthenticated as error:
                await unauthorized(str(error))(scope, receive, send)
                return
            except ArrearsError as error:
                await problem_of(error)(scope, receive, send)
                return
            scope.setdefault("state", {})["principal"] = principal
        await self._app(scope, receive, send)


def _is_open(scope: Scope) -> bool:
    path = scope["path"]
    if scope["method"] == "POST" and path.startswith(SIGNED_PREFIX):
        return True
    return scope["method"] in {"GET", "HEAD"} and (
        path in OPEN_PATHS or path.startswith(OPEN_PREFIXES)
    )


def _correlation(scope: Scope) -> str:
    given = dict(scope["headers"]).get(CORRELATION_HEADER, b"").decode("latin-1")
    return given if _CORRELATION.fullmatch(given) else str(uuid.uuid4())


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", _UNROUTED))


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
