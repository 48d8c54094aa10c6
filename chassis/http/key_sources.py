"""Where the public keys of tokens come from: an identity provider by discovery, a URL or a file."""

import asyncio
import re
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import orjson

from chassis.errors import Misconfigured, Transient
from chassis.http import dev_keys
from chassis.http.keys import KeySet, Load
from chassis.plaintext import is_loopback, require_https
from chassis.settings import Settings

_DISCOVERY = "/.well-known/openid-configuration"
_SECONDS_MAX = 5.0
_BYTES_MAX = 1_048_576
_MAX_AGE = re.compile(r"\bmax-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


def source(settings: Settings) -> Load:
    """Where the settings say the keys are; the development key, where they name no provider.

    Raises `Misconfigured` when they contradict one another, when keys would come in plain text from
    another host, and when the APIs listen beyond loopback with nothing but the development key.
    """
    _check_one(settings)
    if settings.oidc_issuer is not None:
        return from_issuer(settings.oidc_issuer, settings)
    if settings.jwks_url is not None:
        require_https(settings.plaintext, "jwks", settings.jwks_url, "ARREARS_JWKS_URL")
        return from_url(settings.jwks_url)
    if settings.jwks_file is not None:
        return from_file(settings.jwks_file, here=is_loopback(settings.host))
    if not is_loopback(settings.host):
        raise Misconfigured(
            f"the APIs listen on {settings.host} (ARREARS_HOST), where the development key is not "
            "trusted: name the identity provider in ARREARS_OIDC_ISSUER (or its keys in "
            "ARREARS_JWKS_URL or ARREARS_JWKS_FILE), or listen on 127.0.0.1"
        )
    return from_file(dev_keys.ensure(settings.data_dir))


def _check_one(settings: Settings) -> None:
    given = {
        "ARREARS_OIDC_ISSUER": settings.oidc_issuer,
        "ARREARS_JWKS_URL": settings.jwks_url,
        "ARREARS_JWKS_FILE": settings.jwks_file,
    }
    named = [name for name, value in given.items() if value is not None]
    if len(named) > 1:
        raise Misconfigured(f"the keys of tokens come from one place: give {' or '.join(named)}")
    if settings.oidc_issuer and settings.issuer not in {dev_keys.ISSUER, settings.oidc_issuer}:
        raise Misconfigured("ARREARS_ISSUER is another than ARREARS_OIDC_ISSUER: leave it out")


def from_issuer(issuer: str, settings: Settings, client: httpx.AsyncClient | None = None) -> Load:
    """Finds and loads the keys of an OpenID provider, whose document is read anew each time.

    Loading raises `Transient` when the provider does not answer, `Misconfigured` when it says that
    it is another, or names keys in plain text on another host.
    """
    require_https(settings.plaintext, "jwks", issuer, "ARREARS_OIDC_ISSUER")
    if "?" in issuer or "#" in issuer:
        raise Misconfigured("ARREARS_OIDC_ISSUER is not the URL of an issuer")

    async def load() -> KeySet:
        async with AsyncExitStack() as exits:
            own = client
            if own is None:
                own = await exits.enter_async_context(httpx.AsyncClient())
            told = (await _get(own, issuer.rstrip("/") + _DISCOVERY)).document
            if told.get("issuer") != issuer:
                raise Misconfigured(
                    f"ARREARS_OIDC_ISSUER: who answers at {issuer} does not say that it is this "
                    "issuer, letter by letter"
                )
            url = told.get("jwks_uri")
            if not isinstance(url, str):
                raise Misconfigured(
                    f"ARREARS_OIDC_ISSUER: {issuer} does not say where its keys are"
                )
            require_https(settings.plaintext, "jwks", url, f"the jwks_uri of {issuer}")
            return await _get(own, url)

    return load


def from_url(url: str, client: httpx.AsyncClient | None = None) -> Load:
    """Loads a JWKS over HTTP; raises `Transient` when that fails, `Misconfigured` for no URL."""

    async def load() -> KeySet:
        async with AsyncExitStack() as exits:
            own = client
            if own is None:
                own = await exits.enter_async_context(httpx.AsyncClient())
            return await _get(own, url)

    return load


def from_file(path: Path, *, here: bool = True) -> Load:
    """Loads a JWKS from a file; raises `Misconfigured` when it is not there or not one, and for one
    with a development key where the APIs are to be reached from elsewhere (not `here`).
    """

    async def load() -> KeySet:
        document = await asyncio.to_thread(_read, path)
        if not here and dev_keys.is_in(document):
            raise Misconfigured(
                f"{path} has a development key, which is trusted on loopback alone: give "
                "ARREARS_JWKS_FILE with the keys of the identity provider"
            )
        return KeySet(document)

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


async def _get(client: httpx.AsyncClient, url: str) -> KeySet:
    try:
        async with asyncio.timeout(_SECONDS_MAX), client.stream("GET", url) as answer:
            answer.raise_for_status()  # which a redirection fails: who is asked is configured
            content = bytearray()
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > _BYTES_MAX:
                    raise Transient(f"what stands at {url} is too large")
        document = orjson.loads(content)
    except httpx.InvalidURL as error:
        raise Misconfigured(f"{url} is no URL: {error}") from error
    except (httpx.HTTPError, TimeoutError) as error:
        raise Transient(f"{url} could not be read") from error
    except orjson.JSONDecodeError as error:
        raise Transient(f"what stands at {url} is not JSON") from error
    if not isinstance(document, dict):
        raise Transient(f"what stands at {url} is not an object")
    return KeySet(document, _seconds(answer.headers))


def _seconds(headers: httpx.Headers) -> float | None:
    said = headers.get("cache-control", "")
    if "no-store" in said.lower() or "no-cache" in said.lower():
        return 0.0
    found = _MAX_AGE.search(said)
    if found is None:
        return None
    age = headers.get("age", "0")
    return float(found[1]) - (float(age) if age.isdecimal() else 0.0)
