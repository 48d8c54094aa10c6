"""The public keys tokens are checked with: a JWKS from a URL or a file, picked by key id."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import jwt
import orjson

from chassis.errors import Misconfigured, Transient

ALGORITHMS = ("EdDSA", "RS256")
_REFRESH_SECONDS_MIN = 30.0
_FETCH_TIMEOUT_SECONDS = 5.0

Load = Callable[[], Awaitable[Mapping[str, Any]]]


class Keys:
    """The keys of one JWKS, loaded when first wanted and again when a token names an unknown one.

    Loading is tried at most once in `refresh_seconds_min`, so a flood of invented key ids does not
    reach the identity provider.
    """

    def __init__(
        self,
        load: Load,
        *,
        refresh_seconds_min: float = _REFRESH_SECONDS_MIN,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._refresh_seconds_min = refresh_seconds_min
        self._monotonic = monotonic
        self._tried_at: float | None = None
        self._loading = asyncio.Lock()
        self._keys: dict[str, jwt.PyJWK] = {}

    async def get(self, kid: str) -> jwt.PyJWK | None:
        """The key of that id, or `None` when the JWKS does not hold it; raises `Transient` when it
        was never reached.
        """
        if kid not in self._keys:
            async with self._loading:  # whoever comes meanwhile waits for what is being loaded
                if kid not in self._keys and self._may_refresh():
                    await self._refresh()
        return self._keys.get(kid)

    async def _refresh(self) -> None:
        self._tried_at = self._monotonic()
        try:
            self._keys = _parse(await self._load())
        except Transient:
            if not self._keys:
                # Nothing is known yet: the next request may try at once.
                self._tried_at = None
                raise

    def _may_refresh(self) -> bool:
        if self._tried_at is None:
            return True
        return self._monotonic() - self._tried_at >= self._refresh_seconds_min


def from_url(url: str, client: httpx.AsyncClient | None = None) -> Load:
    """Loads a JWKS over HTTP; raises `Transient` when that fails."""

    async def load() -> Mapping[str, Any]:
        try:
            if client is not None:
                return _json(await client.get(url), url)
            async with httpx.AsyncClient(timeout=_FETCH_TIMEOUT_SECONDS) as own:
                return _json(await own.get(url), url)
        except httpx.HTTPError as error:
            raise Transient(f"the key set at {url} could not be read") from error

    return load


def from_file(path: Path) -> Load:
    """Loads a JWKS from a file; raises `Misconfigured` when it is not there or not one."""

    async def load() -> Mapping[str, Any]:
        return await asyncio.to_thread(_read, path)

    return load


def _read(path: Path) -> Mapping[str, Any]:
    try:
        document = orjson.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise Misconfigured(f"no key set at {path}") from error
    except orjson.JSONDecodeError as error:
        raise Misconfigured(f"{path} is not JSON") from error
    if not isinstance(document, dict):
        raise Misconfigured(f"{path} is not a JWKS")
    return document


def _json(response: httpx.Response, url: str) -> Mapping[str, Any]:
    response.raise_for_status()
    try:
        document = response.json()
    except ValueError as error:
        raise Transient(f"the key set at {url} is not JSON") from error
    if not isinstance(document, dict):
        raise Transient(f"the key set at {url} is not a JWKS")
    return document


def _parse(document: Mapping[str, Any]) -> dict[str, jwt.PyJWK]:
    found: dict[str, jwt.PyJWK] = {}
    for entry in document.get("keys", ()):
        try:
            key = jwt.PyJWK.from_dict(entry)
        except jwt.PyJWTError:
            continue  # a kind of key we do not use; its tokens are refused as unknown
        if key.key_id and key.algorithm_name in ALGORITHMS:
            found[key.key_id] = key
    return found
