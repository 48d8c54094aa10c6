"""The door billing platforms without Kafka use: POST /v1/events of the ledger."""

from collections.abc import Sequence

from arrears.apis import Apis
from arrears.billing import Event


async def send(apis: Apis, events: Sequence[Event]) -> list[tuple[int, str]]:
    """Send events in one batch; return place and reason of those that were refused."""
    answer = await apis.post("ledger", "/v1/events", list(events), roles=("upstream",))
    return [
        (place, str(each.get("reason") or each.get("detail") or each["status"]))
        for place, each in enumerate(answer["events"])
        if each["status"] == "refused"
    ]
