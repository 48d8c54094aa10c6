"""The FastAPI application every service starts from."""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any, Literal

import asyncpg
from fastapi import APIRouter, Depends, FastAPI
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, PlainTextResponse, Response

from chassis.clock import Clock, WallClock
from chassis.errors import ArrearsError
from chassis.http import problems
from chassis.http.auth import Authenticator, authenticator, current_principal
from chassis.http.idempotency import Idempotency
from chassis.http.inputs import plain_inputs
from chassis.http.limits import Body, Crowd, Deadline
from chassis.http.middleware import AccessLog, Gate
from chassis.http.openapi import describe, note
from chassis.http.rates import RateLimit, Rates
from chassis.logging import get_logger
from chassis.metrics import Metrics
from chassis.settings import SERVICES, Settings
from chassis.tracing.traces import Traces

_log = get_logger(__name__)

_NO_TELEMETRY = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI's own would send paths, which may name people, to whatever its process is set up for."""

Readiness = Callable[[], Awaitable[dict[str, Any]]]


def create_app(
    service_name: str,
    settings: Settings,
    *,
    routers: Sequence[APIRouter],
    readiness: Readiness,
    metrics: Metrics,
    pool: "asyncpg.Pool[asyncpg.Record] | None" = None,
    auth: Authenticator | None = None,
    clock: Clock | None = None,
    traces: Traces | None = None,
) -> FastAPI:
    """A service's HTTP application.

    `readiness` answers details for `/readyz` and raises an `ArrearsError` (or `OSError`) when the
    service cannot work. With a `pool` (of the service's schema) POST requests honour
    `Idempotency-Key`. `auth` replaces what the settings describe.
    """
    app: FastAPI = FastAPIOffline(
        title=f"Arrears {service_name}",
        version="1",
        redoc_url=None,
        separate_input_output_schemas=False,
        generate_unique_id_function=lambda route: route.name,
        telemetry=_NO_TELEMETRY,
    )
    problems.install(app)
    open_routes = _open_routes(readiness, metrics)
    app.include_router(open_routes)
    for router in routers:
        app.include_router(router, dependencies=[Depends(current_principal), Depends(plain_inputs)])
    describe(app, [open_routes, *routers], _port(settings, service_name))
    # The last added stands outermost.
    if pool is not None:
        app.add_middleware(Idempotency, pool=pool, clock=clock or WallClock())
    app.add_middleware(Deadline, seconds=settings.request_seconds)
    app.add_middleware(Crowd, requests_max=settings.requests_max)
    app.add_middleware(Body, bytes_max=settings.request_bytes_max, seconds=settings.body_seconds)
    app.add_middleware(RateLimit, rates=Rates.of(settings))
    app.add_middleware(Gate, authenticator=auth or authenticator(settings))
    app.add_middleware(AccessLog, metrics=metrics, traces=traces)
    return app


def include_signed(app: FastAPI, router: APIRouter) -> None:
    """Add routes that need no token: those of `/v1/callbacks/` and `/v1/unsubscribe/` believe a
    signature instead, those of `/v1/public/` everybody may read.
    """
    app.include_router(router, dependencies=[Depends(plain_inputs)])
    note(app, router)


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"]


class Ready(BaseModel):
    """It can work: store, bus and lanes do, and its schema is right.

    `lanes` are those this instance owns, which may be none, `behind` is how many messages of theirs
    it has yet to read. The schema is newer when a later version has migrated it meanwhile.
    """

    model_config = ConfigDict(extra="allow")

    status: Literal["ready"]
    schema_: Literal["right", "newer"] = Field("right", alias="schema")
    lanes: list[int] = []
    behind: int = 0


def _port(settings: Settings, service_name: str) -> int:
    return settings.port(service_name) if service_name in SERVICES else 80


def _said(error: BaseException) -> str:
    """The sentence of an error of ours, and of the one behind it: which server, and why."""
    if not isinstance(error, ArrearsError):
        return "the store does not answer"
    behind = error.__cause__
    return f"{error}: {behind}" if isinstance(behind, ArrearsError) else str(error)


def _open_routes(readiness: Readiness, metrics: Metrics) -> APIRouter:
    router = APIRouter(tags=["operation"])

    @router.get("/healthz", include_in_schema=False)  # as it was called before
    @router.get("/livez", summary="Is the process alive?", operation_id="get_health")
    async def livez() -> Alive:
        return Alive(status="alive")

    @router.get(
        "/readyz",
        summary="Can it work? 503 when not",
        response_model=Ready,
        operation_id="get_readiness",
    )
    async def readyz() -> Response:
        try:
            return JSONResponse({"status": "ready", **await readiness()})
        except (ArrearsError, OSError, TimeoutError, asyncpg.PostgresError) as error:
            _log.warning("not_ready", error=error)
            return problems.problem(HTTPStatus.SERVICE_UNAVAILABLE, f"not ready: {_said(error)}")

    @router.get(
        "/metrics",
        summary="Prometheus metrics",
        response_class=PlainTextResponse,
        operation_id="get_metrics",
    )
    async def prometheus() -> Response:
        return Response(metrics.render(), media_type=metrics.content_type)

    return router
