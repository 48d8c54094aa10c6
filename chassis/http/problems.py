"""RFC 9457: every error an API answers is one problem document, and none repeats what was sent."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import errors
from chassis.logging import get_logger
from chassis.recorders import asking
from chassis.store.pool import LOST
from contracts.base import NO_DAY, NO_INSTANT, OUT_OF_YEARS

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:arrears:problem:"

STATUS: dict[type[errors.ArrearsError], HTTPStatus] = {
    errors.ArrearsError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.Rejected: HTTPStatus.CONFLICT,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.Malformed: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.Busy: HTTPStatus.TOO_MANY_REQUESTS,
    errors.Elsewhere: HTTPStatus.MISDIRECTED_REQUEST,
    errors.BadAnswer: HTTPStatus.BAD_GATEWAY,
    errors.Transient: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.Misconfigured: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.WrongSchema: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.BrokenInvariant: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""What HTTP answers for each domain error; a test holds every class of `chassis.errors` to be in
it.
"""

_RETRY_AFTER_SECONDS = "5"
_LATER = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_FIELDS_MAX = 100
_log = get_logger("chassis.http")


def problem(
    status: int,
    detail: str,
    *,
    kind: str | None = None,
    fields: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    **extensions: Any,
) -> Response:
    """A problem response: type (a URN), title, status, detail, and per bad field its place and what
    is wrong with it; `extensions` are members of its own.
    """
    title = HTTPStatus(status).phrase
    body: dict[str, Any] = {
        "type": TYPE_PREFIX + (kind or title.lower().replace(" ", "-")),
        "title": title,
        "status": int(status),
        "detail": detail,
    }
    if fields:
        body["errors"] = list(fields)
    return Response(orjson.dumps(body | extensions), int(status), headers, MEDIA_TYPE)


def problem_of(error: errors.ArrearsError) -> Response:
    """The problem of a domain error; the sentence of a fault of our own stays in the log."""
    status = next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)
    kind = type(error).__name__.lower()
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request_failed", error=error)
        return problem(
            status, "The service could not do this; the operators can see why.", kind=kind
        )
    if isinstance(error, errors.Forbidden):
        caller = asking()
        name = None if caller is None else f"{caller.subject} of {caller.issuer}"
        _log.warning("access_refused", caller=name, reason=str(error))
    headers = {"Retry-After": _RETRY_AFTER_SECONDS} if status in _LATER else None
    return problem(status, str(error), kind=kind, headers=headers)


def unauthorized(detail: str) -> Response:
    """The answer to a request without a usable token."""
    return problem(
        HTTPStatus.UNAUTHORIZED, detail, headers={"WWW-Authenticate": 'Bearer realm="arrears"'}
    )


def install(app: FastAPI) -> None:
    """Make an app answer problems for domain errors, validation errors and HTTP errors; `Crashes`
    answers all others.
    """
    app.add_exception_handler(errors.ArrearsError, _domain)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    for lost in LOST:
        app.add_exception_handler(lost, _lost)


async def _domain(_request: Request, error: Exception) -> Response:
    if not isinstance(error, errors.ArrearsError):
        raise error
    return problem_of(error)


async def _validation(_request: Request, error: Exception) -> Response:
    """FastAPI's own answer repeats the input, which may be a person's data; this one names places
    and rules.
    """
    if not isinstance(error, RequestValidationError):
        raise error
    fields = [_field(entry) for entry in error.errors()[:_FIELDS_MAX]]
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The request does not fit its schema: "
        + "; ".join(f"{f['field']}: {f['problem']}" for f in fields),
        kind="malformed",
        fields=fields,
    )


def _field(entry: Mapping[str, Any]) -> dict[str, str]:
    # Where a field takes this or that pydantic adds a type (`tuple[date, ...]`): it names no place.
    where, *path = (part for part in map(str, entry["loc"]) if "[" not in part)
    if entry["type"] == "json_invalid":
        path = []  # it would be a position
    # A message of pydantic's own names rules and limits; one of a custom validator may quote the
    # value.
    quotes = entry["type"] in {"value_error", "assertion_error", "json_invalid"}
    said = str(entry["msg"]).removeprefix("Value error, ")
    if quotes and said not in _OUR_WORDS:
        said = _SAFE_MESSAGES.get(entry["type"], "is not valid")
    return {"field": ".".join(path) or where, "in": where, "problem": said}


_SAFE_MESSAGES = {"json_invalid": "is not JSON"}
_OUR_WORDS = frozenset({NO_DAY, NO_INSTANT, OUT_OF_YEARS})
_NO_JSON = "is not JSON in UTF-8"


async def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == HTTPStatus.BAD_REQUEST:  # only a body that cannot be read
        field = {"field": "body", "in": "body", "problem": _NO_JSON}
        detail = f"The body cannot be read: it {_NO_JSON}"
        return problem(error.status_code, detail, kind="malformed", fields=[field])
    status = HTTPStatus(error.status_code)
    headers = _allowed(request) if status is HTTPStatus.METHOD_NOT_ALLOWED else error.headers
    return problem(status, status.description or status.phrase, headers=headers)


def _allowed(request: Request) -> dict[str, str]:
    """The methods of all routes of a path; the router names those of one."""
    app: FastAPI = request.app
    here = (
        route.methods or ()
        for route in getattr(app.state, "documented", app.routes)  # the app has them in groups
        if isinstance(route, APIRoute) and route.matches(request.scope)[0] is not Match.NONE
    )
    return {"Allow": ", ".join(sorted({method for methods in here for method in methods}))}


async def _lost(_request: Request, error: Exception) -> Response:
    return _away(error)


def _away(error: Exception) -> Response:
    _log.warning("store_away", error=error)
    return problem_of(errors.Transient("the store does not answer"))


class Crashes:
    """Answers for what nobody caught, and raises it again for the server's log.

    Starlette's own handler stands outside of all middleware: its answer would have neither the
    headers that guard it nor the id under which the log says what happened.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        begun = False

        async def watch(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:
            if not begun:
                await _crash(error)(scope, receive, send)
            raise


def _crash(error: Exception) -> Response:
    if isinstance(error, LOST):  # raised outside the routes, where no handler of its own is asked
        return _away(error)
    _log.error("request_crashed", error=error)
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "The service could not do this; the operators can see why.",
    )
