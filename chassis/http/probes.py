"""Whether a service lives and can work: what schedulers and load balancers ask for."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Literal

import asyncpg
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from chassis.errors import ArrearsError
from chassis.http import problems
from chassis.logging import get_logger

_log = get_logger(__name__)

Readiness = Callable[[], Awaitable[dict[str, Any]]]
"""Answers details; raises an `ArrearsError` (or `OSError`) when the service cannot work."""


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


def probes(readiness: Readiness) -> APIRouter:
    """The routes `/livez` and `/readyz`."""
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

    return router


def _said(error: BaseException) -> str:
    """The sentence of an error of ours, and of the one behind it: which server, and why."""
    if not isinstance(error, ArrearsError):
        return "the store does not answer"
    behind = error.__cause__
    return f"{error}: {behind}" if isinstance(behind, ArrearsError) else str(error)
