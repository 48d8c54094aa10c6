"""Who looks after the dead letters of a service, over HTTP."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from chassis.http.dev_keys import mint_token
from chassis.runtime.instance import Instance


class Office:
    """An operator's calls to a service, of some creditors."""

    def __init__(self, service: Instance, folder: Path, creditor: str = "*") -> None:
        settings = service.settings
        token = mint_token(
            folder,
            ("sre",),
            subject="ann",
            issuer=settings.issuer,
            audience=settings.audience,
            creditors=(creditor,),
        )
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(service.app),
            base_url="http://toy",
            headers={"Authorization": f"Bearer {token}"},
        )

    async def show(self, letter: int) -> dict[str, Any]:
        answer = await self._client.get(f"/v1/dead-letters/{letter}")
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    async def post(self, letter: int, what: str, **body: Any) -> httpx.Response:
        return await self._client.post(f"/v1/dead-letters/{letter}/{what}", json=body)


OpenOffice = Callable[..., Office]
