"""The services' HTTP APIs, called with the token of whoever asked: each checks what it may show."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Any

import httpx

from chassis.errors import ArrearsError, BadAnswer, Forbidden, NotFound, Transient
from chassis.logging import get_logger
from chassis.runtime.service import Service
from chassis.settings import SERVICES, ServiceName, Settings
from chassis.tracing.calls import HOOKS
from chassis.tracing.spans import part

SECONDS_MAX = 60.0
_log = get_logger(__name__)
_LATER = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_TODO: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: "give it the issuer, audience and keys of tokens that legal has",
    HTTPStatus.INTERNAL_SERVER_ERROR: "its own log says what failed, under the same correlation",
    HTTPStatus.TOO_MANY_REQUESTS: "ask again later; raise its limits if it happens often",
    HTTPStatus.SERVICE_UNAVAILABLE: "see whether it is ready: its /readyz says what is not",
}
_SILENT = "start it, or name its URL (ARREARS_DUNNING_URL and so on) where legal runs"
_ANY_OTHER = "see whether it is of the same version as legal, and whether its URL is right"


class Sources:
    """The four APIs for one caller; `authorization` is passed on as it came."""

    def __init__(
        self, clients: Mapping[ServiceName, httpx.AsyncClient], authorization: str
    ) -> None:
        self._clients = clients
        self._headers = {"Authorization": authorization}

    async def get(self, service: ServiceName, path: str, **params: Any) -> Any:
        """Return the body of an answer; parameters that are None are left out.

        Raises Forbidden and NotFound as the service said, Transient when it cannot answer now, and
        BadAnswer where it will not by itself.
        """
        return (await self._answer(service, path, params)).json()

    async def file(self, service: ServiceName, path: str, **params: Any) -> bytes:
        """Return an answer that is a file; raises as `get` does."""
        return (await self._answer(service, path, params)).content

    async def _answer(
        self, service: ServiceName, path: str, params: Mapping[str, Any]
    ) -> httpx.Response:
        given = {name: value for name, value in params.items() if value is not None}
        client = self._clients[service]
        try:
            with part("GET", "client", {}):
                answer = await client.get(path, params=given, headers=self._headers)
        except httpx.TransportError as error:
            _log.warning("source_silent", service=service, error=error, todo=_SILENT)
            raise Transient(f"the {service} does not answer") from error
        if answer.is_success:
            return answer
        raise _error(service, answer)

    async def pages(self, service: ServiceName, path: str, **params: Any) -> AsyncIterator[Any]:
        """Yield the items of a listing, page after page."""
        cursor: str | None = None
        while True:
            page = await self.get(service, path, cursor=cursor, **params)
            for item in page["items"]:
                yield item
            cursor = page.get("next")
            if cursor is None:
                return


@contextlib.asynccontextmanager
async def sources(service: Service, authorization: str) -> AsyncIterator[Sources]:
    """Yield the APIs: legal's own without a network, the others where the settings say."""
    places = urls(service.settings)
    async with contextlib.AsyncExitStack() as exits:
        here = httpx.ASGITransport(app=service.app)
        own = httpx.AsyncClient(transport=here, base_url="http://legal", event_hooks=HOOKS)
        clients: dict[ServiceName, httpx.AsyncClient] = {
            "legal": await exits.enter_async_context(own)
        }
        for name, url in places.items():
            client = httpx.AsyncClient(base_url=url, timeout=SECONDS_MAX, event_hooks=HOOKS)
            clients[name] = await exits.enter_async_context(client)
        yield Sources(clients, authorization)


def urls(settings: Settings) -> Mapping[ServiceName, str]:
    """Where the other services' APIs are; raises `Misconfigured` for callers' tokens in plain text
    to another host.
    """
    return {name: settings.url_of(name) for name in SERVICES if name != "legal"}


def _error(service: ServiceName, answer: httpx.Response) -> ArrearsError:
    status = answer.status_code
    try:
        detail = str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        detail = answer.reason_phrase
    if status == HTTPStatus.NOT_FOUND:
        return NotFound(detail)
    if status == HTTPStatus.FORBIDDEN:
        return Forbidden(f"the {service}: {detail}")
    todo = _TODO.get(status, _ANY_OTHER)
    _log.warning("source_refused", service=service, status=status, reason=detail, todo=todo)
    kind = Transient if status in _LATER else BadAnswer
    return kind(f"the {service} answered {status}: {detail}")
