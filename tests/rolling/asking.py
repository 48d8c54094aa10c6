"""What instances of both versions are asked."""

import httpx

from tests.support.processes import System

CREDITOR = {"creditor": "mobile"}


def balances(system: System, accounts: int) -> dict[str, int]:
    """What each account owes."""
    with _client(system, "ledger", "auditor") as client:
        return {
            name: client.get(f"/v1/accounts/{name}/balance", params=CREDITOR).json()["principal"]
            for name in [f"A{number + 1}" for number in range(accounts)]
        }


def approved_alone(asked: System, deciding: System, purpose: str) -> int:
    """With what status one person approves what they asked for, each at an instance."""
    body = {"purpose": purpose}
    with _client(asked, "dunning", "manager") as client:
        made = client.post("/v1/accounts/B1/applications", json=body, params=CREDITOR)
    assert made.status_code == 201, made.text
    body["outcome"] = "approved"
    with _client(deciding, "dunning", "manager") as client:
        return client.post("/v1/accounts/B1/decisions", json=body, params=CREDITOR).status_code


def _client(system: System, service: str, role: str) -> httpx.Client:
    token = system.arrears("token", "--role", role).stdout.strip()
    url = f"http://127.0.0.1:{system.ports[service]}"
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"})
