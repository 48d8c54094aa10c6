"""The door billing platforms without Kafka use: POST /v1/events of the ledger."""

from collections.abc import Sequence

import orjson

from arrears.apis import Apis
from arrears.billing import Event
from arrears.errors import UsageError

_NOT_ONE_TAKEN = 422


async def send(apis: Apis, events: Sequence[Event]) -> list[tuple[int, str]]:
    """Send events in one batch; return place and reason of those that were refused."""
    answer = await apis.call(
        "ledger",
        "POST",
        "/v1/events",
        content=orjson.dumps(events),
        content_type="application/cloudevents-batch+json",
        roles=("upstream", "administration"),
        also_fine=frozenset({_NOT_ONE_TAKEN}),
    )
    if "events" not in answer:
        raise UsageError(f"the ledger refused the batch: {answer.get('detail')}")
    return [
        (place, str(each["problem"]))
        for place, each in enumerate(answer["events"])
        if each["status"] != "accepted"
    ]
