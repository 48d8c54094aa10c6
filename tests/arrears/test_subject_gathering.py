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

    async def get(self, service: ServiceName, path: str, **params: Any) -> Any:
        return {}

    async def pages(
        self, service: ServiceName, path: str, *, under: str = "items", **params: Any
    ) -> AsyncIterator[Any]:
        self.lists[f"{service} {path}"] = params
        rows: tuple[Any, ...] = ()
        for row in rows:
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
