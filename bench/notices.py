"""`notice_latency_p99_ms`: from publishing an overdue invoice to its notice in the outbox.

All four services live in this process on a real Kafka and a durable PostgreSQL; every invoice is of
a debtor of its own and already past due, and the creditor's policy has a text message sent as soon
as a case opens, at any hour. A notice counts as handed over when its file was written.
"""

import asyncio
import re
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson

from arrears.apis import Apis
from arrears.billing import Event, cloud_event
from arrears.stack import Stack, open_stack
from chassis.bus.base import Bus, Outgoing, lane_of
from chassis.http import dev_keys
from chassis.runtime.garbage import spare_collections
from chassis.servers.kafka import LocalKafka
from chassis.settings import ServiceName, Settings
from services.notifier.settings import NotifierSettings

PER_SECOND = 100
SECONDS = 20
DAYS_OVERDUE = 3
WAIT_SECONDS_MAX = 60.0
CREDITOR = "bench"
FIRST_PHONE = 13_800_000_000
_PHONE = re.compile(rb"^To: \+86(\d+)", re.MULTILINE)
_PACK = """
id: at-once
version: 1
title: {zh: 立即, en: At once}
for: measuring
description: One text message as soon as something is overdue.
source: none
contact: {from: "00:00", until: "24:00", contacts_max: 100, window_days: 1, calls_per_day_max: 1}
steps:
  - {id: s1, source: none, when: {day: 300}, do: [task: {kind: phone_call, owner: collector}]}
reactions:
  - id: r1
    source: none
    on: {case: opened}
    do: [notice: {purpose: reminder, channels: [sms]}]
"""


async def measure(per_second: int = PER_SECOND, seconds: int = SECONDS) -> dict[str, float]:
    """Median and 99th percentile, in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="arrears-bench-") as name:
        folder = Path(name)
        outbox = folder / "outbox"
        async with LocalKafka(folder / "kafka") as bootstrap, _running(folder, bootstrap) as stack:
            published = await _publish_all(stack, outbox, per_second, per_second * seconds)
            handed_over = await _notices(outbox, len(published) + 1)  # and debtor 0
    return figures([handed_over[phone] - at for phone, at in published.items()])


def figures(seconds: list[float]) -> dict[str, float]:
    """The figures of some latencies."""
    percentiles = statistics.quantiles(seconds, n=100, method="inclusive")
    return {
        "notice_latency_p50_ms": round(percentiles[49] * 1000, 1),
        "notice_latency_p99_ms": round(percentiles[98] * 1000, 1),
    }


@asynccontextmanager
async def _running(folder: Path, bootstrap: str) -> AsyncIterator[Stack]:
    settings = Settings(data_dir=folder, bus="kafka", kafka_bootstrap=bootstrap)
    dev_keys.ensure(folder)
    no_gateways = {"outbox": folder / "outbox", "smtp_host": "", "sms_url": ""}
    own: dict[ServiceName, Any] = {"notifier": NotifierSettings().model_copy(update=no_gateways)}
    async with open_stack(settings.without_databases(), own=own) as stack:
        await stack.start()
        spare_collections()  # as `arrears up` does
        yield stack


async def _publish_all(
    stack: Stack, outbox: Path, per_second: int, number: int
) -> Mapping[int, float]:
    """Publish an invoice for each of so many debtors at an even pace; answers when, by phone."""
    await _set_up(stack, number)
    await _warm_up(stack.bus, outbox)
    published: dict[int, float] = {}
    began = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for debtor in range(1, number + 1):
            await asyncio.sleep(began + debtor / per_second - time.monotonic())
            published[FIRST_PHONE + debtor] = time.time()
            tasks.create_task(stack.bus.publish([_outgoing(_invoice(debtor))]))
    return published


async def _set_up(stack: Stack, number: int) -> None:
    transport = httpx.ASGITransport(app=stack.services["dunning"].app)
    async with httpx.AsyncClient(transport=transport, base_url="http://dunning") as client:
        body = {
            "name": "Bench",
            "time_zone": "Asia/Shanghai",
            "currency": "CNY",
            "policy_document": _PACK,
        }
        apis = Apis(stack.settings, {"dunning": client})
        await apis.call("dunning", "PUT", f"/v1/creditors/{CREDITOR}", json=body)
    await stack.bus.publish([_outgoing(_account(debtor)) for debtor in range(number + 1)])


async def _warm_up(bus: Bus, outbox: Path) -> None:
    """Wait until the first notice is out: then everybody knows the creditor, and debtor 0."""
    await bus.publish([_outgoing(_invoice(0))])
    await _notices(outbox, 1)
    await asyncio.sleep(2)  # the other debtors are known by then


async def _notices(outbox: Path, number: int) -> dict[int, float]:
    """When each notice's file was written, by phone number, as soon as there are so many."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while len(files := list(outbox.glob("*/*/sms/*.txt"))) < number:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{len(files)} of {number} notices came")
        await asyncio.sleep(0.2)
    return {_phone(path): path.stat().st_mtime for path in files}


def _phone(path: Path) -> int:
    found = _PHONE.search(path.read_bytes())
    if found is None:
        raise RuntimeError(f"{path} names no telephone")
    return int(found[1])


def _account(debtor: int) -> Event:
    person = {
        "name": f"Debtor {debtor}",
        "kind": "natural_person",
        "phones": [f"+86{FIRST_PHONE + debtor}"],
    }
    return _event("account.upserted.v1", debtor, {"debtor": person})


def _invoice(debtor: int) -> Event:
    due_on = _today() - timedelta(days=DAYS_OVERDUE)
    figures = {"item": "fee", "amount": 1_000, "currency": "CNY"}
    dates = {"issued_on": due_on - timedelta(days=30), "due_on": due_on}
    return _event("invoice.issued.v1", debtor, {"invoice_id": f"I{debtor}", **figures, **dates})


def _event(kind: str, debtor: int, data: Mapping[str, Any]) -> Event:
    account = f"A{debtor}"
    return cloud_event(
        kind,
        creditor=CREDITOR,
        account=account,
        id=f"{kind}-{debtor}",
        at=datetime.now(UTC),
        data={"account_id": account, **data},
        source="bench",
    )


def _outgoing(event: Event) -> Outgoing:
    key = f"{CREDITOR}/{event['subject']}".encode()
    return Outgoing("billing", lane_of(key, 4), key, orjson.dumps(event))


def _today() -> date:
    return datetime.now(UTC).date()
