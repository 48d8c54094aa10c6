"""The FastAPI application every service starts from."""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any

import asyncpg
from fastapi import APIRouter, Depends, FastAPI
from fastapi_offline import FastAPIOffline
from starlette.responses import JSONResponse, Response

from chassis.errors import ArrearsError
from chassis.http import problems
from chassis.http.auth import Authenticator, authenticator, current_principal
from chassis.http.idempotency import Idempotency
from chassis.http.middleware import AccessLog, Gate, SizeLimit
from chassis.metrics import Metrics
from chassis.settings import Settings

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
        responses=_PROBLEMS,
        separate_input_output_schemas=False,
    )
    problems.install(app)
    app.include_router(_open_routes(readiness, metrics))
    for router in routers:
        app.include_router(router, dependencies=[Depends(current_principal)])
    # The last added stands outermost.
    if pool is not None:
        app.add_middleware(Idempotency, pool=pool)
    app.add_middleware(Gate, authenticator=auth or authenticator(settings))
    app.add_middleware(SizeLimit, bytes_max=settings.request_bytes_max)
    app.add_middleware(AccessLog, metrics=metrics)
    return app


_PROBLEM_SCHEMA = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    str(status.value): {
        "description": status.phrase,
        "content": {problems.MEDIA_TYPE: {"schema": _PROBLEM_SCHEMA}},
    }
    for status in (
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    )
}


def _open_routes(readiness: Readiness, metrics: Metrics) -> APIRouter:
    router = APIRouter(tags=["operation"])

    @router.get("/healthz", summary="Is the process alive?")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/readyz", summary="Can it work? 503 when not", response_model=None)
    async def readyz() -> Response:
        try:
            return JSONResponse({"status": "ready", **await readiness()})
        except (ArrearsError, OSError, TimeoutError, asyncpg.PostgresError):
            return problems.problem(HTTPStatus.SERVICE_UNAVAILABLE, "not ready")

    @router.get("/metrics", summary="Prometheus metrics", response_model=None)
    async def prometheus() -> Response:
        return Response(metrics.render(), media_type=metrics.content_type)

    return router
