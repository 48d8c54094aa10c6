"""`Idempotency-Key`: a POST sent twice is done once, and answered twice with the same bytes."""

import hashlib
import re
import uuid
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import parse_qs

import asyncpg
from fastapi import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.clock import Clock
from chassis.errors import BrokenInvariant, Forbidden
from chassis.http.auth import Principal
from chassis.http.middleware import LINK_PREFIX, SIGNED_PREFIX, TRIAL_PREFIX
from chassis.http.problems import problem, problem_of
from chassis.store import answers
from chassis.store.answers import Claim
from chassis.store.bodies import Told

HEADER = b"idempotency-key"
KEY_LENGTH_MAX = 128
_ID_NAMESPACE = uuid.UUID("5c7a3f64-5d0c-5f6e-9d2b-0c1f6a4c9b1e")
_CREDITOR_IN_PATH = re.compile(r"/v1/creditors/([^/]+)")


class Idempotency:
    """ASGI middleware for POST requests that carry the header; it stands behind the gate, whose
    principal it uses.

    Same key and same request: the stored answer, for a caller who still has the rights the first
    needed. Same key and another request: 422. While the first is still at work: 409. Only successes
    are kept, for a day: an error changed nothing, so the next attempt is judged afresh.
    """

    def __init__(
        self,
        app: ASGIApp,
        pool: "asyncpg.Pool[asyncpg.Record]",
        clock: Clock,
        hashed: Callable[[bytes], Told],
    ) -> None:
        self._app = app
        self._hashed = hashed
        self._pool = pool
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        key = _key(scope)
        if key is None:
            await self._app(scope, receive, send)
            return
        if not _is_usable(key):
            detail = f"Idempotency-Key: 1 to {KEY_LENGTH_MAX} visible ASCII characters"
            await problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)(scope, receive, send)
            return
        body = await _read(receive)
        principal = _principal(scope)
        told = self._hashed(_content(scope, body))
        claim = Claim(_scope_of(scope, principal), key, told.kept, told.bare)
        scope["state"]["idempotency"] = claim
        replay = await self._claim(claim, principal)
        if replay is not None:
            await replay(scope, receive, send)
            return
        await self._run(claim, principal, scope, _again(body), send)

    async def _claim(self, claim: Claim, principal: Principal) -> Response | None:
        async with self._pool.acquire(timeout=10) as connection:
            if await answers.claim(connection, claim, self._clock.now()):
                return None
            kept = await answers.look(connection, claim)
        if kept is not None and kept.body_hash not in (claim.body_hash, claim.bare):
            return problem(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "this Idempotency-Key was used for another request",
                kind="idempotency-key-reused",
            )
        if kept is not None and kept.of_earlier_version:
            return problem(
                HTTPStatus.CONFLICT,
                "the request with this Idempotency-Key came before an upgrade: see whether it was "
                "done, and use another key if not",
            )
        if kept is None or kept.status is None:
            return problem(
                HTTPStatus.CONFLICT, "the first request with this Idempotency-Key is still at work"
            )
        return _replay(kept, principal)

    async def _run(
        self, claim: Claim, principal: Principal, scope: Scope, receive: Receive, send: Send
    ) -> None:
        answer = _Recorder(send)
        stored = False
        try:
            await self._app(scope, receive, answer)
            if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
                given = bytes(answer.body), answer.content_type
                kept = answers.Answer(answer.status, *given, list(principal.used))
                async with self._pool.acquire(timeout=10) as connection:
                    await answers.keep(connection, claim, kept)
                stored = True
        finally:
            if not stored:
                async with self._pool.acquire(timeout=10) as connection:
                    await answers.release(connection, claim)
        await answer.flush()


def _replay(kept: answers.Kept, principal: Principal) -> Response:
    """The stored answer; refused to whoever has no longer what the first request needed."""
    try:
        principal.check_again(kept.granted)
    except Forbidden as error:
        return problem_of(error)
    given = kept.response, kept.status or HTTPStatus.OK
    return Response(*given, {"Idempotency-Replayed": "true"}, kept.content_type)


class _Recorder:
    """Holds the answer back until it is stored: a client never sees one that a repeat would not
    get.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._messages: list[Message] = []
        self.status = 0
        self.content_type: str | None = None
        self.body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = {bytes(k).lower(): bytes(v) for k, v in message.get("headers", ())}
            self.content_type = headers.get(b"content-type", b"").decode("latin-1") or None
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
        self._messages.append(message)

    async def flush(self) -> None:
        for message in self._messages:
            await self._send(message)


def request_id(request: Request) -> str:
    """FastAPI dependency: the id of what a request creates.

    Derived from caller, creditors, `Idempotency-Key` and what is asked (a repeat makes the same
    thing), random without a key.
    """
    claim = request.scope["state"].get("idempotency")
    if not isinstance(claim, Claim):
        return str(uuid.uuid4())
    told = "\n".join((*claim.scope, claim.key, claim.bare.hex()))
    return str(uuid.uuid5(_ID_NAMESPACE, told))


def _key(scope: Scope) -> str | None:
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    if scope["path"].startswith((SIGNED_PREFIX, LINK_PREFIX, TRIAL_PREFIX)):
        return None
    for name, value in scope["headers"]:
        if name.lower() == HEADER:
            return bytes(value).decode("latin-1")
    return None


def _is_usable(key: str) -> bool:
    return 0 < len(key) <= KEY_LENGTH_MAX and key.isascii() and key.isprintable()


def _principal(scope: Scope) -> Principal:
    principal = scope.get("state", {}).get("principal")
    if not isinstance(principal, Principal):
        raise BrokenInvariant("an idempotent request was not authenticated")
    return principal


def _scope_of(scope: Scope, principal: Principal) -> answers.Scope:
    """Whose key it is; about the creditor that path or query name, else all of the token.

    The creditors are hashed: what a request names is of any length, with any characters.
    """
    in_path = _CREDITOR_IN_PATH.match(scope["path"])
    named = parse_qs(scope["query_string"].decode("latin-1")).get("creditor", [])
    creditors = [in_path[1]] if in_path else named or sorted(principal.creditors)
    told = ",".join(creditors).encode("utf-8", "surrogatepass")
    hashed = hashlib.blake2b(told, digest_size=16).hexdigest()
    return answers.Scope(principal.issuer, principal.subject, hashed)


def _content(scope: Scope, body: bytes) -> bytes:
    """What is asked: each part behind its length, so that no other parts are the same."""
    parts = scope["path"].encode(), scope["query_string"], body
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return bytes(body)
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def _again(body: bytes) -> Receive:
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
