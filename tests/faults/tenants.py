"""Whether a creditor's token shows anything of another creditor: I11."""

from typing import Any

import httpx

from chassis.http.dev_keys import mint_token
from tests.faults.system import System
from tests.faults.traffic import CREDITORS, HOT

_ABOUT_ONE = {
    "ledger": ("/v1/accounts/{account}/balance", "/v1/accounts/{account}/statement"),
    "dunning": ("/v1/accounts/{account}/timeline",),
}
_LISTS = {
    "dunning": ("/v1/cases", "/v1/tasks"),
    "notifier": ("/v1/notices",),
    "legal": ("/v1/matters", "/v1/documents"),
}
_REFUSED = {403, 404}


async def foreign(system: System) -> list[str]:
    """Every answer that shows a creditor what is another's."""
    found = []
    for mine in CREDITORS:
        token = mint_token(system.folder / "data", ["admin"], [mine])
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(timeout=60, headers=headers) as client:
            for theirs in CREDITORS.keys() - {mine}:
                found += await _asked_for(client, system, theirs)
            found += await _listed(client, system, mine)
    return found


async def _asked_for(client: httpx.AsyncClient, system: System, theirs: str) -> list[str]:
    found = []
    for service, paths in (*_ABOUT_ONE.items(), *_LISTS.items()):
        for path in paths:
            url = _url(system, service, path.format(account=HOT))
            answer = await client.get(url, params={"creditor": theirs})
            if answer.status_code not in _REFUSED:
                found.append(f"{service} {path} of {theirs}: {answer.status_code}")
    return found


async def _listed(client: httpx.AsyncClient, system: System, mine: str) -> list[str]:
    found = []
    for service, paths in _LISTS.items():
        for path in paths:
            answer = await client.get(_url(system, service, path))
            items: list[dict[str, Any]] = answer.json().get("items", [])
            others = {one.get("creditor", mine) for one in items} - {mine}
            if others or not answer.is_success:
                found.append(f"{service} {path} as {mine}: {answer.status_code}, {others}")
    return found


def _url(system: System, service: str, path: str) -> str:
    return f"http://127.0.0.1:{system.instances[service].port}{path}"
