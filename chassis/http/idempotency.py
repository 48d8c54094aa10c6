"""`Idempotency-Key`: a POST sent twice is done once, and answered twice with the same bytes."""

import hashlib
import uuid
from datetime import timedelta
from http import HTTPStatus
from typing import Any, NamedTuple

import asyncpg
from fastapi import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.errors import BrokenInvariant
from chassis.http.auth import Principal
from chassis.http.middleware import SIGNED_PREFIX
from chassis.http.problems import problem

HEADER = b"idempotency-key"
KEY_LENGTH_MAX = 128
_ID_NAMESPACE = uuid.UUID("5c7a3f64-5d0c-5f6e-9d2b-0c1f6a4c9b1e")
# Whoever claimed a key and answered nothing for this long has crashed; ids derive from the key, so
# doing it again is safe.
_ABANDONED_AFTER = timedelta(seconds=60)

_CLAIM = """
insert into idempotency (principal, key, body_hash) values ($1, $2, $3)
on conflict (principal, key) do update set at = now()
  where idempotency.status is null and idempotency.at < now() - $4::interval
    and idempotency.body_hash = excluded.body_hash
returning true
"""
_LOOK = """
select body_hash, status, response, content_type from idempotency
where principal = $1 and key = $2
"""
_ANSWER = """
update idempotency set status = $3, response = $4, content_type = $5
where principal = $1 and key = $2
"""
_RELEASE = "delete from idempotency where principal = $1 and key = $2 and status is null"


class Claim(NamedTuple):
    """One request under a key."""

    principal: str
    key: str
    body_hash: bytes


class Idempotency:
    """ASGI middleware for POST requests that carry the header; it stands behind the gate, whose
    principal it uses.

    Same key and same request: the stored answer. Same key and another request: 422. While the first
    is still at work: 409. Only successes are kept: an error changed nothing, so the next attempt is
    judged afresh.
    """

    def __init__(self, app: ASGIApp, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._app = app
        self._pool = pool

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
        claim = Claim(_principal(scope).subject, key, _hash(scope, body))
        replay = await self._claim(claim)
        if replay is not None:
            await replay(scope, receive, send)
            return
        await self._run(claim, scope, _again(body), send)

    async def _claim(self, claim: Claim) -> Response | None:
        async with self._pool.acquire(timeout=10) as connection:
            if await connection.fetchval(_CLAIM, *claim, _ABANDONED_AFTER):
                return None
            row = await connection.fetchrow(_LOOK, claim.principal, claim.key)
        if row is None or (row["status"] is None and row["body_hash"] == claim.body_hash):
            return problem(
                HTTPStatus.CONFLICT, "the first request with this Idempotency-Key is still at work"
            )
        if row["body_hash"] != claim.body_hash:
            return problem(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "this Idempotency-Key was used for another request",
                kind="idempotency-key-reused",
            )
        return Response(
            row["response"],
            row["status"],
            {"Idempotency-Replayed": "true"},
            row["content_type"],
        )

    async def _run(self, claim: Claim, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _Recorder(send)
        stored = False
        try:
            await self._app(scope, receive, answer)
            if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
                await self._execute(
                    _ANSWER,
                    claim,
                    answer.status,
                    bytes(answer.body),
                    answer.content_type,
                )
                stored = True
        finally:
            if not stored:
                await self._execute(_RELEASE, claim)
        await answer.flush()

    async def _execute(self, statement: str, claim: Claim, *values: Any) -> None:
        async with self._pool.acquire(timeout=10) as connection:
            await connection.execute(statement, claim.principal, claim.key, *values)


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

    Derived from caller and `Idempotency-Key` (a repeat makes the same thing), random without one.
    """
    key = _key(request.scope)
    if key is None:
        return str(uuid.uuid4())
    return str(uuid.uuid5(_ID_NAMESPACE, f"{_principal(request.scope).subject}\n{key}"))


def _key(scope: Scope) -> str | None:
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    if scope["path"].startswith(SIGNED_PREFIX):
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


def _hash(scope: Scope, body: bytes) -> bytes:
    digest = hashlib.sha256()
    for part in (scope["path"].encode(), scope["query_string"], body):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


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
