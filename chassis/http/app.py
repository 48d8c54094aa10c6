"""The FastAPI application every service starts from."""

from collections.abc import Callable, Sequence

import asyncpg
from fastapi import APIRouter, Depends, FastAPI
from fastapi.telemetry import TelemetryConfig

from chassis.clock import Clock, WallClock
from chassis.http import problems
from chassis.http.auth import Authenticator, current_principal
from chassis.http.headers import Headers
from chassis.http.idempotency import Idempotency
from chassis.http.inputs import known_parameters, plain_inputs
from chassis.http.limits import Body, Crowd, Deadline
from chassis.http.middleware import AccessLog, Gate
from chassis.http.openapi import describe, note
from chassis.http.probes import Readiness, probes
from chassis.http.rates import RateLimit, Rates
from chassis.http.recording import Recording
from chassis.http.sign_in import authenticator
from chassis.metrics import Metrics
from chassis.settings import SERVICES, Settings
from chassis.store.access import AccessBook
from chassis.store.bodies import Told, told_bare
from chassis.tracing.traces import Traces

NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI's own would send paths, which may name people, to whatever its process is set up for."""


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
    hashed: Callable[[bytes], Told] | None = None,
    traces: Traces | None = None,
) -> FastAPI:
    """A service's HTTP application.

    `readiness` answers details for `/readyz` (`chassis.http.probes`). With a `pool` (of the
    service's schema) POST requests honour `Idempotency-Key`, and who is given personal data is
    recorded; `hashed` says by what hash a request is known (`chassis.store.bodies`). `auth`
    replaces what the settings describe. Metrics and the document are `chassis.http.operations`'s.
    """
    app = FastAPI(
        title=f"Arrears {service_name}",
        version="1",
        openapi_url=None,  # `chassis.http.operations` tells it
        redirect_slashes=False,  # to the Host a client names, in plain text behind a proxy
        separate_input_output_schemas=False,
        generate_unique_id_function=lambda route: route.name,
        telemetry=NO_TELEMETRY,
    )
    problems.install(app)
    open_routes = probes(readiness)
    app.include_router(open_routes)
    asked = [Depends(one) for one in (current_principal, plain_inputs, known_parameters)]
    for router in routers:
        app.include_router(router, dependencies=asked)
    describe(app, [open_routes, *routers], _port(settings, service_name))
    # The last added stands outermost.
    if pool is not None:
        app.add_middleware(
            Idempotency, pool=pool, clock=clock or WallClock(), hashed=hashed or told_bare
        )
        app.add_middleware(
            Recording,
            book=AccessBook(pool),
            clock=clock or WallClock(),
            routes=app.state.documented,
        )
    app.add_middleware(Deadline, seconds=settings.request_seconds)
    app.add_middleware(Crowd, requests_max=settings.requests_max)
    app.add_middleware(Body, bytes_max=settings.request_bytes_max, seconds=settings.body_seconds)
    app.add_middleware(RateLimit, rates=Rates.of(settings))
    app.add_middleware(Gate, authenticator=auth or authenticator(settings))
    app.add_middleware(problems.Crashes)
    app.add_middleware(Headers)
    app.add_middleware(AccessLog, metrics=metrics, traces=traces)
    return app


def include_signed(app: FastAPI, router: APIRouter) -> None:
    """Add routes that need no token: those of `/v1/callbacks/` and `/v1/unsubscribe/` believe a
    signature instead, those of `/v1/public/` everybody may read.
    """
    app.include_router(router, dependencies=[Depends(plain_inputs)])
    note(app, router)


def _port(settings: Settings, service_name: str) -> int:
    return settings.port(service_name) if service_name in SERVICES else 80
