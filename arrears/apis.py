"""The four HTTP APIs as a client sees them."""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import httpx
import orjson

from arrears.errors import UsageError
from chassis.http.dev_keys import mint_token
from chassis.settings import SERVICES, ServiceName, Settings

SECONDS_MAX = 60.0


class Refused(UsageError):
    """An API said no; `reason` is the sentence of its problem document."""

    def __init__(self, what: str, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(f"{what}: {reason} ({status})")


class Apis:
    """Calls the services with the settings' token; without one, with tokens of the development key,
    one per set of roles.
    """

    def __init__(
        self,
        settings: Settings,
        clients: Mapping[ServiceName, httpx.AsyncClient],
        by: str = "arrears",
    ) -> None:
        self._settings = settings
        self._by = by
        self._clients = clients
        self._tokens: dict[tuple[str, ...], str] = {}
        self._others: dict[str, Apis] = {}

    async def get(self, service: ServiceName, path: str, **params: Any) -> Any:
        """Return the body of an answer; parameters that are None are left out."""
        given = {name: value for name, value in params.items() if value is not None}
        return await self.call(service, "GET", path, params=given)

    async def file(self, service: ServiceName, path: str, **params: Any) -> bytes:
        """Return an answer that is a file."""
        return (await self._answer(service, "GET", path, params=params)).content

    async def post(
        self,
        service: ServiceName,
        path: str,
        body: Any,
        *,
        creditor: str | None = None,
        roles: Sequence[str] = ("admin",),
    ) -> Any:
        """Send a body and return the answer's."""
        params = None if creditor is None else {"creditor": creditor}
        return await self.call(service, "POST", path, json=body, params=params, roles=roles)

    def of(self, by: str | None) -> "Apis":
        """The same APIs, called by somebody else; by the same where nobody is named."""
        if by is None or by == self._by:
            return self
        if by not in self._others:
            self._others[by] = Apis(self._settings, self._clients, by)
        return self._others[by]

    async def pages(
        self, service: ServiceName, path: str, *, under: str = "items", **params: Any
    ) -> AsyncIterator[Any]:
        """Yield the items of a listing, which has them under a name, page after page."""
        cursor: str | None = None
        while True:
            page = await self.get(service, path, cursor=cursor, **params)
            for item in page[under]:
                yield item
            cursor = page.get("next")
            if cursor is None:
                return

    async def call(
        self,
        service: ServiceName,
        method: str,
        path: str,
        *,
        json: Any = None,
        content: bytes | None = None,
        content_type: str = "application/json",
        params: Mapping[str, Any] | None = None,
        roles: Sequence[str] = ("admin",),
        also_fine: frozenset[int] = frozenset(),
    ) -> Any:
        """Send one request, with `json` or with `content` as it is, and return the answer's body.

        Raises Refused for an answer of 400 and above that is not `also_fine`, UsageError for none.
        """
        answer = await self._answer(
            service,
            method,
            path,
            body=orjson.dumps(json) if json is not None else content,
            content_type=content_type,
            params=params,
            roles=roles,
            also_fine=also_fine,
        )
        return answer.json() if answer.content else None

    async def _answer(
        self,
        service: ServiceName,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        content_type: str = "application/json",
        params: Mapping[str, Any] | None = None,
        roles: Sequence[str] = ("admin",),
        also_fine: frozenset[int] = frozenset(),
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token(tuple(roles))}"}
        if body is not None:
            headers["Content-Type"] = content_type
        client = self._clients[service]
        try:
            answer = await client.request(
                method, path, content=body, params=params, headers=headers
            )
        except httpx.TransportError as error:
            raise UsageError(
                f"the {service} does not answer on {client.base_url}: does it run, and does "
                f"ARREARS_{service.upper()}_URL say where?"
            ) from error
        if answer.status_code >= 400 and answer.status_code not in also_fine:
            raise Refused(f"{service} {method} {path}", answer.status_code, _reason(answer))
        return answer

    def _token(self, roles: tuple[str, ...]) -> str:
        if self._settings.token is not None:
            return self._settings.token.get_secret_value()
        if roles not in self._tokens:
            settings = self._settings
            self._tokens[roles] = mint_token(
                settings.data_dir,
                roles,
                subject=self._by,
                issuer=settings.issuer,
                audience=settings.audience,
            )
        return self._tokens[roles]


@contextlib.asynccontextmanager
async def running(settings: Settings, by: str = "arrears") -> AsyncIterator[Apis]:
    """Yield the APIs of the services where the settings say they are, called by `by`."""
    async with contextlib.AsyncExitStack() as exits:
        clients: dict[ServiceName, httpx.AsyncClient] = {}
        for name in SERVICES:
            client = httpx.AsyncClient(base_url=settings.url_of(name), timeout=SECONDS_MAX)
            clients[name] = await exits.enter_async_context(client)
        yield Apis(settings, clients, by)


def _reason(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
    except ValueError:
        return answer.text[:200] or answer.reason_phrase
    if not isinstance(problem, dict):
        return str(problem)[:200]
    return str(problem.get("detail") or problem.get("title") or answer.reason_phrase)
