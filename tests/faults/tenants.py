"""Whether a creditor's token shows anything of another creditor: I11."""

from typing import Any

import httpx

from chassis.http.dev_keys import mint_token
from tests.faults.invariants import Answer
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


async def answers(system: System) -> list[Answer]:
    """Ask with each creditor's token for everything, and for what is another's."""
    everything = [(service, path) for service, paths in _LISTS.items() for path in paths]
    of_one = [(service, path) for service, paths in _ABOUT_ONE.items() for path in paths]
    found = []
    for mine in CREDITORS:
        token = mint_token(system.folder / "data", ["admin"], [mine])
        headers = {"Authorization": f"Bearer {token}"}
        places: list[tuple[tuple[str, str], str | None]] = [(place, None) for place in everything]
        places += [(place, of) for place in everything + of_one for of in CREDITORS if of != mine]
        async with httpx.AsyncClient(timeout=60, headers=headers) as client:
            found += [await _asked(client, system, *place, mine, of) for place, of in places]
    return found


async def _asked(
    client: httpx.AsyncClient, system: System, service: str, path: str, mine: str, of: str | None
) -> Answer:
    url = _url(system, service, path.format(account=HOT))
    answer = await client.get(url, params={} if of is None else {"creditor": of})
    body: dict[str, Any] = answer.json()
    items: list[dict[str, Any]] = body.get("items", [body] if answer.is_success else [])
    shown = frozenset(one.get("creditor", mine) for one in items)
    return Answer(mine, of or mine, f"{service} {path}", answer.status_code, shown)


def _url(system: System, service: str, path: str) -> str:
    return f"http://127.0.0.1:{system.instances[service].port}{path}"
