"""How commands speak to running services."""

from pathlib import Path

import httpx
from pydantic import SecretStr

from arrears.apis import Apis
from chassis.http.dev_keys import ensure
from chassis.settings import Settings


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
