"""What a debtor is given is of their own account, whatever it is called."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from arrears.apis import Apis
from arrears.subject.gathering import gather
from chassis.settings import ServiceName, Settings

AT = datetime(2026, 4, 1, tzinfo=UTC)


class Listing(Apis):
    """Notes how each list was asked for."""

    def __init__(self) -> None:
        super().__init__(Settings(), {})
        self.lists: dict[str, dict[str, Any]] = {}
        self.rows: dict[str, list[dict[str, Any]]] = {}

    async def get(self, service: ServiceName, path: str, **params: Any) -> Any:
        return {}

    async def pages(
        self, service: ServiceName, path: str, *, under: str = "items", **params: Any
    ) -> AsyncIterator[Any]:
        self.lists[f"{service} {path}"] = params
        for row in self.rows.get(path, ()):
            yield row


@pytest.mark.parametrize("account", ["A-1", "acme", "v1", "notices", "documents", "access-records"])
async def test_every_list_is_asked_for_the_account_alone(account: str) -> None:
    apis = Listing()
    await gather(apis, "acme", account, AT)
    of_all = [
        name
        for name, params in apis.lists.items()
        if not name.partition(" ")[2].startswith(f"/v1/accounts/{account}/")
        and params.get("account") != account
    ]
    assert of_all == []
    assert len(apis.lists) > 8


async def test_who_was_shown_a_list_of_all_is_told_and_receipts_are_their_own() -> None:
    apis = Listing()
    shown = {"at": "2026-04-01T00:00:00Z", "issuer": "i", "route": "GET /v1/x"}
    apis.rows["/v1/access-records"] = [
        {**shown, "subject": "curious", "accounts": ["*"]},
        {**shown, "subject": "clerk", "accounts": ["A-1", "A-2"]},
    ]
    apis.rows["/v1/creditors/acme/payments"] = [{"payment_id": "P-1", "method": "cash"}]
    receipts = [{"receipt": "1", "account": "A-1"}, {"receipt": "2", "account": "A-2"}]
    apis.rows["/v1/creditors/acme/receipts"] = receipts
    apis.rows["/v1/proposals"] = [{"proposal_id": "p", "asked": {"reason": "forged"}}]
    copy = await gather(apis, "acme", "A-1", AT)
    told = {(one["subject"], one["of_all"]) for one in copy["shown_to"]}
    assert told == {("curious", True), ("clerk", False)}
    assert copy["receipts"] == receipts[:1]
    assert [one["service"] for one in copy["proposals"]] == ["ledger", "dunning"]
    assert apis.lists["ledger /v1/proposals"]["state"] == "all"
    assert apis.lists["ledger /v1/accounts/A-1/items"]["state"] == "all"
