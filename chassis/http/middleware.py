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
from chassis.logging import Seldom, get_logger
from chassis.metrics import Metrics
from chassis.recorders import asked_by
from chassis.tracing import traceparent
from chassis.tracing.spans import Span, under
from chassis.tracing.traces import Traces

CORRELATION_HEADER = b"x-correlation-id"
TRACEPARENT = traceparent.HEADER.encode()
OPEN_PATHS = frozenset({"/livez", "/healthz", "/readyz"})
SIGNED_PREFIX = "/v1/callbacks/"
"""Providers have no token: these routes believe a signature over the request instead."""
LINK_PREFIX = "/v1/unsubscribe/"
"""Whoever follows a link from an e-mail has none either: the link holds what is believed."""
PUBLIC_PREFIX = "/v1/public/"
"""What everybody may read, where it is switched on."""
TRIAL_PREFIX = "/v1/templates/preview"
"""Reads, although it is asked by POST: what it answers is not kept for a repeat."""
_CORRELATION = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_UNROUTED = "(none)"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OTHER_METHOD = "(other)"
_GONE = 499
"""As proxies count a client that went away before it had an answer: that is no fault of ours."""
_log = get_logger("chassis.http.access")


class AccessLog:
    """Counts and logs every request by its route's template: paths and query strings may name
    people. Who has no token that can be used is counted alone.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, traces: Traces | None = None) -> None:
        self._app = app
        self._metrics = metrics
        self._traces = traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        correlation = _correlation(scope)
        scope.setdefault("state", {})["correlation"] = correlation
        started = time.perf_counter()
        status = _GONE

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", []).append((CORRELATION_HEADER, correlation.encode()))
            await send(message)

        span = self._span(scope)
        with structlog.contextvars.bound_contextvars(correlation=correlation), under(span):
            try:
                await self._app(scope, receive, watch)
            finally:
                self._note(scope, status, time.perf_counter() - started)
                if span is not None:
                    _end(span, scope, status)

    def _span(self, scope: Scope) -> Span | None:
        """The request's span; None when its trace is not recorded, as those of probes never are."""
        if self._traces is None or is_open(scope):
            return None
        given = dict(scope["headers"]).get(TRACEPARENT)
        header = None if given is None else given.decode("latin-1")
        return self._traces.of_request(header, "", "server", {})

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route, method = _route(scope), _method(scope)
        service = self._metrics.service
        self._metrics.requests.labels(service, method, route, str(status)).inc()
        self._metrics.request_seconds.labels(service, route).observe(seconds)
        if status == HTTPStatus.UNAUTHORIZED:
            return  # nobody fills the log without a token: the gate says why, once a minute
        _log.info(
            "request",
            method=method,
            route=route,
            status=status,
            duration_ms=round(seconds * 1000, 1),
        )


class Gate:
    """Lets nobody through without a token, but to health: a new route is closed by default.

    The log says why somebody was refused, for who looks for a thief of tokens: once a minute for
    each reason, since anybody can be refused as often as they like.
    """

    def __init__(self, app: ASGIApp, authenticator: Authenticator) -> None:
        self._app = app
        self._authenticator = authenticator
        self._seldom = Seldom()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and not is_open(scope) and not is_signed(scope):
            header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
            try:
                principal = await self._authenticator.principal(header)
            except Unauthenticated as error:
                if count := self._seldom.count(str(error), time.monotonic()):
                    _log.warning("sign_in_refused", reason=str(error), count=count)
                await unauthorized(str(error))(scope, receive, send)
                return
            except ArrearsError as error:
                await problem_of(error)(scope, receive, send)
                return
            scope.setdefault("state", {})["principal"] = principal
            with asked_by(principal.issuer, principal.subject):
                await self._app(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _end(span: Span, scope: Scope, status: int) -> None:
    """Say what was asked for, by the template of the route: paths may name people."""
    method, route = _method(scope), _route(scope)
    span.name = f"{method} {route}"
    span.note("http.request.method", method)
    span.note("http.route", route)
    span.note("http.response.status_code", status)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        span.fail(str(status))
    span.end()


def is_open(scope: Scope) -> bool:
    """Whether a request needs neither token nor body: is the service alive, and ready?"""
    return scope["method"] in {"GET", "HEAD"} and scope["path"] in OPEN_PATHS


def is_signed(scope: Scope) -> bool:
    """Whether a request needs no token: it is believed for a signature, over its body or in its
    link, or reads what is public.
    """
    path, method = str(scope["path"]), scope["method"]
    if path.startswith(PUBLIC_PREFIX):
        return method in {"GET", "HEAD"}
    if path.startswith(LINK_PREFIX):
        return method in {"GET", "POST"}
    return method == "POST" and path.startswith(SIGNED_PREFIX)


def _correlation(scope: Scope) -> str:
    given = dict(scope["headers"]).get(CORRELATION_HEADER, b"").decode("latin-1")
    return given if _CORRELATION.fullmatch(given) else str(uuid.uuid4())


def _method(scope: Scope) -> str:
    """Anybody can invent methods, and each would be a series of its own for good."""
    return scope["method"] if scope["method"] in _METHODS else _OTHER_METHOD


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", _UNROUTED))
