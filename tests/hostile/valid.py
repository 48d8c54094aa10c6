"""The traffic of a creditor that means well, and what became of it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from chassis.bus.base import Outgoing, lane_of
from contracts import billing
from contracts.base import Contract
from contracts.codec import CONTENT_TYPE, encode
from tests.hostile.events import ACCOUNTS, VICTIM, VICTIM_SOURCE
from tests.hostile.world import LANES, ZONE, World

PHASES = 10
HEADERS = (("content-type", CONTENT_TYPE.encode()),)
_AMOUNT = 10_000


async def set_up(world: World, creditor: str) -> None:
    """A creditor under a policy that goes as far as the court."""
    body = {"name": creditor, "time_zone": ZONE, "currency": "CNY", "policy": "county-hospital"}
    await world.call("dunning", "PUT", f"/v1/creditors/{creditor}", creditor, body)
    await world.simulation().settle()


def account(number: int) -> str:
    return f"V-{number}"


def events(phase: int, today: date, now: datetime) -> list[tuple[str, Contract]]:
    """What happens in a phase, by account: at most one thing each."""
    accounts = [account(number) for number in range(ACCOUNTS)]
    if phase == 0:
        return [(one, _debtor(one)) for one in accounts]
    if phase == 1:
        return [(one, _invoice(one, 1, today, today - timedelta(days=1))) for one in accounts]
    if phase == 3:
        return [(one, _paid(one, 1, _AMOUNT // 2, now)) for one in accounts[::3]]
    if phase == 4:
        return [(one, _invoice(one, 2, today, today + timedelta(days=2))) for one in accounts[1::3]]
    if phase == 6:
        return [(one, _paid(one, 2, _AMOUNT - _AMOUNT // 2, now)) for one in accounts[::3]]
    if phase == 7:
        return [(one, _paid(one, 3, 5 * _AMOUNT, now)) for one in accounts[1::3]]
    return []


def _debtor(name: str) -> Contract:
    debtor = {"name": f"Debtor {name}", "kind": "natural_person", "phones": ["+8613800138000"],
              "emails": [f"{name.lower()}@example.com"], "addresses": ["人民路1号"]}  # fmt: skip
    return billing.AccountUpserted.model_validate({"account_id": name, "debtor": debtor})


def _invoice(name: str, number: int, issued: date, due: date) -> Contract:
    return billing.InvoiceIssued(
        invoice_id=f"INV-{name}-{number}", account_id=name, item="fee", amount=_AMOUNT,
        currency="CNY", issued_on=issued, due_on=due,
    )  # fmt: skip


def _paid(name: str, number: int, amount: int, now: datetime) -> Contract:
    return billing.PaymentReceived(
        payment_id=f"PAY-{name}-{number}", account_id=name, amount=amount, currency="CNY",
        received_at=now, method="cash",
    )  # fmt: skip


def outgoing(world: World, phase: int) -> list[Outgoing]:
    """The records of a phase."""
    now = world.clock.now()
    found = events(phase, world.today, now)
    return [
        record(name, data, f"valid-{phase}-{number}", now)
        for number, (name, data) in enumerate(found)
    ]


def record(
    name: str, data: Contract, identity: str, now: datetime, creditor: str = VICTIM,
    source: str = VICTIM_SOURCE,
) -> Outgoing:  # fmt: skip
    """A message of the creditor's, on the lane of its account."""
    key = f"{creditor}/{name}".encode()
    value = encode(data, id=identity, source=source, time=now, creditor=creditor, subject=name)
    return Outgoing(data.TOPIC, lane_of(key, LANES), key, value, HEADERS)


async def tell(world: World, records: Sequence[Outgoing]) -> None:
    """Half of them over the door, half on the bus."""
    await world.stack.bus.publish(records[::2])
    for each in records[1::2]:
        answer = await world.clients["ledger"].post(
            "/v1/events", content=each.value,
            headers={**world.token(VICTIM, "upstream"), "Content-Type": CONTENT_TYPE},
        )  # fmt: skip
        answer.raise_for_status()


_SEEN: dict[str, tuple[str, str]] = {
    "ledger": ("/v1/accounts", "account_id principal late_fee total prepaid overdue"),
    "dunning": (
        "/v1/cases",
        "account state opened_on closed_on last_step last_step_on paused_for owed policy",
    ),
    "notifier": (
        "/v1/notices",
        "account purpose channel state reason step day sent_at to respond_by",
    ),
    "legal": ("/v1/documents", "account document state reason issued_on total"),
}


async def effects(world: World) -> dict[str, list[Any]]:
    """What the services show of the creditor: balances, cases, notices, documents."""
    found: dict[str, list[Any]] = {}
    for service, (path, columns) in _SEEN.items():
        rows = await world.all_of(service, path, VICTIM)
        seen = [{name: row[name] for name in columns.split()} for row in rows]
        found[service] = sorted(str(row) for row in seen if _is_ours(row))
    found["files"] = sorted(
        str(path.relative_to(world.folder / "outbox")).rpartition("/")[0]
        for path in (world.folder / "outbox").rglob("*.*")
        if path.relative_to(world.folder / "outbox").parts[0] == VICTIM
    )
    return found


def _is_ours(row: dict[str, Any]) -> bool:
    return str(row.get("account") or row.get("account_id")).startswith("V-")
