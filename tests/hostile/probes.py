"""After everything: a message in each lane of each topic, and whether it has its effect."""

import itertools
from datetime import timedelta

from chassis.bus.base import Outgoing, lane_of
from contracts import billing, legal
from contracts.registry import source_of
from tests.hostile import valid
from tests.hostile.world import LANES, World

CREDITOR = "probe"
_INVOICED, _COST = 7_000, 300


def accounts() -> dict[int, str]:
    """An account in each lane."""
    found: dict[int, str] = {}
    for number in itertools.count():
        name = f"P-{number}"
        found.setdefault(lane_of(f"{CREDITOR}/{name}".encode(), LANES), name)
        if len(found) == LANES:
            return found
    raise AssertionError("unreachable")


async def still(world: World) -> list[str]:
    """The lanes that stand still, with the topic whose message had no effect.

    An invoice (topic billing) opens a case (topic ledger), whose reminder is sent (topic dunning)
    and reported back (topic notifier); a cost of the lawyers (topic legal) is owed.
    """
    await valid.set_up(world, CREDITOR)
    names = accounts()
    for lane, name in names.items():
        await world.stack.bus.publish(_records(world, lane, name))
    await world.simulation().settle()
    await world.pass_days(9)
    return [fault for lane, name in names.items() for fault in await _faults(world, lane, name)]


def _records(world: World, lane: int, name: str) -> list[Outgoing]:
    now, today = world.clock.now(), world.today
    debtor = {
        "name": name,
        "kind": "natural_person",
        "phones": ["+8613800138000"],
        "addresses": ["人民路1号"],
    }
    told = billing.AccountUpserted.model_validate({"account_id": name, "debtor": debtor})
    owed = billing.InvoiceIssued(
        invoice_id=f"INV-{name}", account_id=name, item="fee", amount=_INVOICED, currency="CNY",
        issued_on=today, due_on=today - timedelta(days=1),
    )  # fmt: skip
    cost = legal.CostIncurred(
        account_id=name, matter_id=f"matter-{name}", item_id=f"cost-{name}", item="court_fee",
        amount=_COST, currency="CNY", incurred_on=today, due_on=today,
    )  # fmt: skip
    upstream = [
        valid.record(name, data, f"probe-{lane}-{number}", now, CREDITOR, "probe")
        for number, data in enumerate((told, owed))
    ]
    return [
        *upstream,
        valid.record(name, cost, f"cost-{lane}", now, CREDITOR, source_of("legal")),
    ]


async def _faults(world: World, lane: int, name: str) -> list[str]:
    told = f"lane {lane}"
    asked = f"?creditor={CREDITOR}"
    balance = await world.call("ledger", "GET", f"/v1/accounts/{name}/items{asked}", CREDITOR)
    owed = {item["item_id"]: item["principal"] for item in balance["items"]}
    timeline = await world.all_of("dunning", f"/v1/accounts/{name}/timeline", CREDITOR)
    kinds = {entry["kind"] for entry in timeline}
    notices = await world.all_of("notifier", "/v1/notices", CREDITOR, account=name)
    found = {
        "billing": owed.get(f"INV-{name}") == _INVOICED,
        "ledger": "case_opened" in kinds,
        "dunning": any(one["state"] == "sent" for one in notices),
        "notifier": "delivery_recorded" in kinds,
        "legal": owed.get(f"cost-{name}") == _COST,
    }
    return [f"{told} of {topic}" for topic, moved in found.items() if not moved]
