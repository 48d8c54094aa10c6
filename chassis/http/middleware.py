"""What stands in front of every route: the access log and the gate. `limits` has the rest."""

import re
import time
import uuid
from http import HTTPStatus

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.errors import ArrearsError
from chassis.http.auth import Authenticator, Unauthenticated
from chassis.http.problems import problem_of, unauthorized
from chassis.logging import get_logger
from chassis.metrics import Metrics

CORRELATION_HEADER = b"x-correlation-id"
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/metrics", "/docs", "/openapi.json"})
OPEN_PREFIXES = ("/static-offline-docs/", "/docs/")
SIGNED_PREFIX = "/v1/callbacks/"
"""Providers have no token: these routes believe a signature over the request instead."""
_CORRELATION = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_UNROUTED = "(none)"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OTHER_METHOD = "(other)"
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
        # Anybody can invent methods, and each would be a series of its own for good.
        method = scope["method"] if scope["method"] in _METHODS else _OTHER_METHOD
        service = self._metrics.service
        self._metrics.requests.labels(service, method, route, str(status)).inc()
        self._metrics.request_seconds.labels(service, route).observe(seconds)
        _log.info(
            "request",
            method=method,
            route=route,
            status=status,
            duration_ms=round(seconds * 1000, 1),
        )


class Gate:
    """Lets nobody through without a token, but to health, metrics and documentation: a new route is
    closed by default.
    """

    def __init__(self, app: ASGIApp, authenticator: Authenticator) -> None:
        self._app = app
        self._authenticator = authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and not is_open(scope) and not is_signed(scope):
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


def is_open(scope: Scope) -> bool:
    """Whether a request needs neither token nor body: health, metrics and documentation."""
    path = scope["path"]
    return scope["method"] in {"GET", "HEAD"} and (
        path in OPEN_PATHS or path.startswith(OPEN_PREFIXES)
    )


def is_signed(scope: Scope) -> bool:
    """Whether a request is believed for its signature, which covers the body."""
    return scope["method"] == "POST" and str(scope["path"]).startswith(SIGNED_PREFIX)


def _correlation(scope: Scope) -> str:
    given = dict(scope["headers"]).get(CORRELATION_HEADER, b"").decode("latin-1")
    return given if _CORRELATION.fullmatch(given) else str(uuid.uuid4())


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", _UNROUTED))
