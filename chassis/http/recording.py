"""The access record's place in front of the routes: an answer with personal data leaves only once
it is written down who is given it.
"""

from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.clock import Clock
from chassis.http.auth import ANY_CREDITOR, Principal, RolesRequired
from chassis.http.problems import problem
from chassis.logging import get_logger
from chassis.store.access import Access, AccessBook
from contracts.words.identifiers import is_identifier

ALL_ACCOUNTS = "*"
_ACCOUNT_NAMES = ("account", "account_id")
_READ_BYTES_MAX = 1_000_000
_JSON = b"application/json"
_TODO = (
    "nobody is given personal data until it works again: has the store room, and may who serves "
    "call record_access (`arrears migrate` grants it)?"
)
_log = get_logger("chassis.http.recording")


class Recording:
    """ASGI middleware behind the gate and in front of kept answers, which have personal data too.

    Recorded is every success of a route that does not say its answers are of nobody, and every
    409 of it, whose sentence may say what is owed; and whatever a route told of somebody
    (`Principal.saw`). A record has the caller, the route, and whom the answer is about, which are
    the account of the path, those the JSON names and those the route told; of a file, or of JSON
    that is as long as one, where neither path nor route tells, all accounts of the creditor. 503
    where it cannot be written.
    """

    def __init__(
        self, app: ASGIApp, book: AccessBook, clock: Clock, routes: Sequence[APIRoute]
    ) -> None:
        self._app = app
        self._book = book
        self._clock = clock
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        principal = scope.get("state", {}).get("principal")
        if not isinstance(principal, Principal):
            await self._app(scope, receive, send)
            return
        answer = _Held()
        await self._app(scope, receive, answer)
        if answer.tells or principal.seen:
            route = self._route(scope)
            if route is not None and (is_recorded(route) or principal.seen):
                records = list(self._records(scope, route, principal, answer))
                try:
                    await self._book.write(records)
                except Exception as error:  # noqa: BLE001 - whatever it was, nobody gets the data
                    _log.error("access_not_recorded", route=route.path, error=error, todo=_TODO)
                    await _not_recorded()(scope, receive, send)
                    return
        for message in answer.messages:
            await send(message)

    def _route(self, scope: Scope) -> APIRoute | None:
        """The route of an answer; one that was kept was given without asking it."""
        found = scope.get("route")
        if isinstance(found, APIRoute):
            return found
        for route in self._routes:
            match, more = route.matches(scope)
            if match is Match.FULL:
                scope["path_params"] = more.get("path_params", {})
                return route
        return None

    def _records(
        self, scope: Scope, route: APIRoute, principal: Principal, answer: "_Held"
    ) -> Iterator[Access]:
        creditor = _creditor(principal)
        about: dict[str | None, set[str]] = {} if creditor is None else {creditor: set()}
        for owner, account in (
            *((creditor, scope.get("path_params", {}).get(name)) for name in _ACCOUNT_NAMES),
            *principal.seen,
            *answer.accounts(creditor),
        ):
            if isinstance(account, str) and (account == ALL_ACCOUNTS or is_identifier(account)):
                about.setdefault(owner, set()).add(account)
        if answer.is_file and not any(about.values()):
            about.setdefault(creditor, set()).add(ALL_ACCOUNTS)
        for owner, accounts in about.items() or [(None, set[str]())]:
            yield Access(
                self._clock.now(),
                principal.issuer,
                principal.subject,
                principal.token_id,
                owner,
                sorted(accounts),
                f"{scope['method']} {route.path}",
                answer.status,
            )


class _Held:
    """An answer that has not left."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.status = int(HTTPStatus.INTERNAL_SERVER_ERROR)
        self._is_json = False
        self._size = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = dict(message.get("headers", ()))
            self._is_json = headers.get(b"content-type", b"").startswith(_JSON)
        self._size += len(message.get("body", b""))
        self.messages.append(message)

    @property
    def tells(self) -> bool:
        """Whether it can tell of somebody by itself."""
        return self.status < HTTPStatus.BAD_REQUEST or self.status == HTTPStatus.CONFLICT

    @property
    def is_file(self) -> bool:
        """Whether it is not looked through: a file, or as long as one."""
        return self.status < HTTPStatus.BAD_REQUEST and bool(self._size) and not self._is_read

    @property
    def _is_read(self) -> bool:
        return self._is_json and self._size <= _READ_BYTES_MAX

    def accounts(self, creditor: str | None) -> Iterator[tuple[str | None, str]]:
        """Whom the answer names, with their creditors, as far as it is JSON."""
        if self._size and self._is_read:
            body = b"".join(message.get("body", b"") for message in self.messages)
            yield from _named(orjson.loads(body), creditor)


def _creditor(principal: Principal) -> str | None:
    """The one that was asked for, or else that of the token."""
    asked = {about[0] for kind, *about in principal.used if kind == "creditor"}
    found = asked or principal.creditors - {ANY_CREDITOR}
    return next(iter(found)) if len(found) == 1 else None


def _named(node: Any, creditor: str | None) -> Iterator[tuple[str | None, str]]:
    if isinstance(node, list):
        for each in node:
            yield from _named(each, creditor)
    elif isinstance(node, dict):
        owner = node.get("creditor", creditor)
        owner = owner if isinstance(owner, str) else creditor
        for name in _ACCOUNT_NAMES:
            if isinstance(account := node.get(name), str):
                yield owner, account
        for each in node.values():
            if isinstance(each, list | dict):
                yield from _named(each, owner)


def is_recorded(route: APIRoute) -> bool:
    """Whether a route's answers have personal data, as far as it does not say otherwise."""
    required = list(_required(route.dependant))
    return not (required and all(one.of_nobody for one in required))


def _required(dependant: Dependant) -> Iterable[RolesRequired]:
    if isinstance(dependant.call, RolesRequired):
        yield dependant.call
    for each in dependant.dependencies:
        yield from _required(each)


def _not_recorded() -> Response:
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "who is given this could not be recorded, so it is not given",
        kind="transient",
        headers={"Retry-After": "5"},
    )
