"""What operations alone may reach, on a port of its own: metrics and the API's document."""

from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline
from starlette.responses import Response

from chassis.http import problems
from chassis.http.app import NO_TELEMETRY
from chassis.http.headers import PAGES, Headers
from chassis.http.middleware import AccessLog
from chassis.http.openapi import tell
from chassis.http.probes import Readiness, probes
from chassis.metrics import Metrics


def create_operations_app(api: FastAPI, *, readiness: Readiness, metrics: Metrics) -> FastAPI:
    """The application beside a service's API that asks for no token.

    It tells nothing of anybody: `/metrics`, the document of `api` (`/openapi.json`, as a page at
    `/docs`), and the probes, since a scheduler that cannot reach one port may reach the other.
    """
    app: FastAPI = FastAPIOffline(
        title=api.title,
        redoc_url=None,
        redirect_slashes=False,  # to the Host a client names
        telemetry=NO_TELEMETRY,
    )
    problems.install(app)
    app.include_router(probes(readiness))
    app.include_router(_metrics_router(metrics))
    tell(app, api.openapi)
    app.add_middleware(problems.Crashes)
    app.add_middleware(Headers, policy=PAGES)
    app.add_middleware(AccessLog, metrics=metrics)
    return app


def _metrics_router(metrics: Metrics) -> APIRouter:
    router = APIRouter()

    @router.get("/metrics")
    async def prometheus() -> Response:
        return Response(metrics.render(), media_type=metrics.content_type)

    return router
