"""How commands speak to running services."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import orjson
import pytest
from pydantic import SecretStr

from arrears.apis import Apis, running
from chassis.http.dev_keys import ensure
from chassis.settings import SERVICES, Settings
from services.legal.evidence.sources import urls


async def _authorization(settings: Settings) -> str:
    """What stands in the header of a request."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    transport = httpx.MockTransport(answer)
    async with httpx.AsyncClient(transport=transport, base_url="http://ledger") as client:
        await Apis(settings, {"ledger": client}).get("ledger", "/v1/dead-letters")
    return str(seen[0].headers["Authorization"])


async def test_commands_call_with_the_token_they_are_given(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, token=SecretStr("of-the-identity-provider"))
    assert await _authorization(settings) == "Bearer of-the-identity-provider"
    assert not list(tmp_path.iterdir()), "no development key is made"


async def test_without_one_they_call_with_a_token_of_the_development_key(tmp_path: Path) -> None:
    ensure(tmp_path)
    assert (await _authorization(Settings(data_dir=tmp_path))).count(".") == 2


@asynccontextmanager
async def _answering(name: str) -> AsyncIterator[str]:
    """The URL of a server that says its name to everybody."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = orjson.dumps(name)
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n")
        writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_each_service_is_called_where_its_own_setting_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure(tmp_path)
    async with _answering("here") as ledger, _answering("there") as legal:
        monkeypatch.setenv("ARREARS_LEDGER_URL", ledger)
        monkeypatch.setenv("ARREARS_LEGAL_URL", legal)
        async with running(Settings(data_dir=tmp_path)) as system:
            assert await system.get("ledger", "/") == "here"
            assert await system.get("legal", "/") == "there"


def test_legal_and_commands_find_services_by_one_rule() -> None:
    apart = Settings(
        host="::1", notifier_port=9003, plaintext="apis", dunning_url="http://arrears-dunning"
    )
    assert urls(apart) == {name: apart.url_of(name) for name in SERVICES if name != "legal"}
    assert urls(apart)["dunning"] == "http://arrears-dunning"
    assert urls(apart)["notifier"] == "http://[::1]:9003"
