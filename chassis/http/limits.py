"""What one request may take of a service: the size of its body and the time it takes to send it,
the time the answer takes, and how many are answered at once.

They stand behind the gate: nobody's body is read before the token was looked at.
"""

import asyncio
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.http.middleware import is_open, is_signed
from chassis.http.problems import problem
from chassis.logging import get_logger

SIGNED_BYTES_MAX = 65_536
"""Whoever signs tells of one delivery, and is not known before the body was read."""
_RETRY_SECONDS = "5"
_CONTENT_LENGTH_DIGITS_MAX = 12
_log = get_logger("chassis.http.limits")


class Body:
    """Reads the body before anything else looks at it, and hands it on whole.

    413 for one that is too large, declared or streamed; 408 for one that takes too long as a whole,
    however often a byte of it comes. A client that goes away in the middle gets no answer.
    """

    def __init__(self, app: ASGIApp, bytes_max: int, seconds: float) -> None:
        self._app = app
        self._bytes_max = bytes_max
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or is_open(scope):
            await self._app(scope, receive, send)
            return
        most = min(self._bytes_max, SIGNED_BYTES_MAX) if is_signed(scope) else self._bytes_max
        try:
            _check_declared(scope, most)
            async with asyncio.timeout(self._seconds):
                body = await _collect(receive, most)
        except _TooLargeError:
            detail = f"a request has at most {most} bytes"
            await problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)(scope, receive, send)
        except TimeoutError:
            detail = f"a request's body is sent within {self._seconds:g} seconds"
            headers = {"Connection": "close"}
            await problem(HTTPStatus.REQUEST_TIMEOUT, detail, headers=headers)(scope, receive, send)
        except _GoneError:
            return
        else:
            await self._app(scope, _replay(body, receive), send)


class Crowd:
    """503 while as many requests are at work as may be; health and metrics are always answered."""

    def __init__(self, app: ASGIApp, requests_max: int) -> None:
        self._app = app
        self._requests_max = requests_max
        self._at_work = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or is_open(scope):
            await self._app(scope, receive, send)
            return
        if self._at_work >= self._requests_max:
            await _unavailable("as many requests are at work as may be")(scope, receive, send)
            return
        self._at_work += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._at_work -= 1


class Deadline:
    """503 for what is not answered in time: given up, and what is not committed is rolled back.

    An answer that has begun and that the client does not take is cut off.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or is_open(scope):
            await self._app(scope, receive, send)
            return
        begun = False

        async def watch(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        time = asyncio.timeout(self._seconds)
        try:
            async with time:
                await self._app(scope, receive, watch)
        except TimeoutError:
            if begun or not time.expired():
                raise
            _log.warning("request_given_up", method=scope["method"])
            detail = f"this took more than {self._seconds:g} seconds and was given up"
            await _unavailable(detail)(scope, receive, send)


class _TooLargeError(Exception):
    """The body has more bytes than it may."""


class _GoneError(Exception):
    """The client went away before the body was whole."""


def _check_declared(scope: Scope, bytes_max: int) -> None:
    declared = dict(scope["headers"]).get(b"content-length", b"0")
    is_readable = declared.isdigit() and len(declared) <= _CONTENT_LENGTH_DIGITS_MAX
    if not is_readable or int(declared) > bytes_max:
        raise _TooLargeError


async def _collect(receive: Receive, bytes_max: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        body += message.get("body", b"")
        if len(body) > bytes_max:
            raise _TooLargeError
        if not message.get("more_body", False):
            return bytes(body)


def _unavailable(detail: str) -> ASGIApp:
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        detail,
        kind="busy",
        headers={"Retry-After": _RETRY_SECONDS},
    )


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
