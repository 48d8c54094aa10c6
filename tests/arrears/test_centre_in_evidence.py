"""What a message centre reports reaches the case and its evidence."""

import asyncio
import json
from pathlib import Path

from arrears.world import World, one_lane, open_world
from chassis.settings import Settings
from services.notifier.receipts import Receipts
from services.notifier.settings import NotifierSettings
from tests.arrears.test_results_in_evidence import ACCOUNTS, bundled, reminded
from tests.notifier.sms.test_receipts import listed
from tests.support.smpp_servers import simulator


async def test_a_receipt_in_decimal_of_what_was_answered_in_hexadecimal_reaches_the_case(
    tmp_path: Path,
) -> None:
    with simulator() as port:
        own = NotifierSettings.model_validate(
            {"outbox": tmp_path / "outbox", **listed(port, receipt_ids="decimal")}
        )
        async with open_world(one_lane(Settings()), tmp_path, own={"notifier": own}) as world:
            try:
                await reminded(world)
                await _delivered(world)
                for account in ACCOUNTS:
                    held = await bundled(world, account)
                    notice = json.loads(held["notices/0001-reminder-sms.json"])
                    assert notice["result"] == "delivered"
                    happened = [
                        json.loads(held[one]) for one in held if one.startswith("timeline/")
                    ]
                    fates = [
                        one["fields"] for one in happened if one["kind"] == "delivery_recorded"
                    ]
                    assert [one["result"] for one in fates] == ["sent", "delivered"]
            finally:
                await _unbind(world)


async def _delivered(world: World) -> None:
    """The simulator reports by itself, a while after it took a message."""
    states: list[str] = []
    for _ in range(100):
        await world.simulation().settle()
        found = await world.apis.get("notifier", "/v1/notices", creditor="acme")
        states = [one["state"] for one in found["items"]]
        if states == ["delivered"] * len(ACCOUNTS):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(states)


async def _unbind(world: World) -> None:
    for worker in world.stack.services["notifier"].blueprint.workers:
        if isinstance(worker, Receipts):
            for gateway in worker.gateways.values():
                await gateway.link.stop()
