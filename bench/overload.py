"""`overload_*`: what four services do that are told more than they can do.

Each runs as a process of its own, all on one Kafka and one durable PostgreSQL. First a backlog of
overdue invoices says how many chains to a text message they do a second; then the door of events is
sent a fifth more for a while, by a client that keeps what is refused with 429 for as long as
`Retry-After` says. The door lets in what the services can do and a twentieth more, so that it
refuses some and a backlog grows all the same. In the end everything accepted has its one notice.

`ARREARS_BENCH_OVERLOAD_SECONDS` is for how long, 60 by default.
"""

import asyncio
import itertools
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bench.debtors import NOTIFIED, PACKS, debtor_of_notice, message
from bench.serving import Serving, serving
from chassis.http.dev_keys import mint_token
from chassis.servers.kafka import LocalKafka
from chassis.servers.postgres import EmbeddedPostgres, ensure_database
from chassis.settings import SERVICES, ServiceName

SECONDS = float(os.environ.get("ARREARS_BENCH_OVERLOAD_SECONDS", "60"))
BACKLOG = 2_000
MORE = 1.2
_LET_IN = 1.05
_BATCH = 10
_WAIT_SECONDS_MAX = 600.0
_LOOK_SECONDS = 1.0
_TYPE = "application/cloudevents-batch+json"
_SHAPE = {"name": "Bench", "time_zone": "Asia/Shanghai", "currency": "CNY"}


@dataclass
class Load:
    """What upstream sends through the door, and what becomes of it."""

    door: httpx.AsyncClient
    token: str
    accepted: int = 0
    waited: list[float] = field(default_factory=list)
    """What the `Retry-After` of each request said that was refused."""

    async def send(self, debtors: Sequence[int]) -> None:
        """Send the accounts and the invoices of some debtors, again and again while the door says
        later; raises for any other answer.
        """
        for kind in ("account", "invoice"):
            values = [message(kind, NOTIFIED, one).value for one in debtors]
            body = b"[" + b",".join(values) + b"]"
            while (wait := await self._offer(body)) is not None:
                self.waited.append(wait)
                await asyncio.sleep(wait)
        self.accepted += len(debtors)

    async def _offer(self, body: bytes) -> float | None:
        """How long to wait before it is offered again; None when it was taken."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": _TYPE}
        answer = await self.door.post("/v1/events", content=body, headers=headers)
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            return float(answer.headers["Retry-After"])
        answer.raise_for_status()
        if any(one["status"] != "accepted" for one in answer.json()["events"]):
            raise RuntimeError("an event was not accepted")
        return None


@dataclass
class Watched:
    """The most of what was seen while it went on."""

    memory: dict[ServiceName, float] = field(default_factory=dict)
    lag: dict[ServiceName, int] = field(default_factory=dict)

    async def look(self, services: Serving) -> None:
        """Take note of memory and of what waits."""
        for name, mb in services.resident_mb().items():
            self.memory[name] = max(mb, self.memory.get(name, 0.0))
            self.lag[name] = max(await services.lag(name), self.lag.get(name, 0))


async def measure(seconds: float = SECONDS, backlog: int = BACKLOG) -> dict[str, float]:
    """What the services could do, what was refused, the most that waited, the memory of each before
    and at most, and how long the rest took.
    """
    with tempfile.TemporaryDirectory(prefix="arrears-bench-") as name:
        folder = Path(name)
        server = EmbeddedPostgres(folder / "postgres")
        async with LocalKafka(folder / "kafka") as bootstrap, server as dsn:
            outbox = folder / "outbox"
            numbers = itertools.count()
            more = {"ARREARS_NOTIFIER_OUTBOX": str(outbox), "ARREARS_INTAKE_RATE": "0"}
            database = await ensure_database(dsn, "overload")
            async with serving(folder, bootstrap, database, more) as services:
                await _set_up(services)
                capacity = await _capacity(services, outbox, numbers, backlog)
            # an account and an invoice of each, so many in a request
            more["ARREARS_INTAKE_RATE"] = str(2 * _LET_IN * capacity / _BATCH)
            async with serving(folder, bootstrap, database, more) as services:
                return await _overload(services, outbox, numbers, capacity, seconds)


async def _set_up(services: Serving) -> None:
    body = {**_SHAPE, "policy_document": PACKS[NOTIFIED]}
    await services.apis.call("dunning", "PUT", f"/v1/creditors/{NOTIFIED}", json=body)
    await asyncio.sleep(3)  # everybody has heard of the creditor by then


async def _capacity(services: Serving, outbox: Path, numbers: Iterator[int], backlog: int) -> float:
    """How many debtors a second get their notice, of so many told of at once."""
    load = _load(services)
    began = time.monotonic()
    for _ in range(backlog // _BATCH):
        await load.send(list(itertools.islice(numbers, _BATCH)))
    await _notices(outbox, load.accepted)
    return load.accepted / (time.monotonic() - began)


async def _overload(
    services: Serving, outbox: Path, numbers: Iterator[int], capacity: float, seconds: float
) -> dict[str, float]:
    before, watched, load = services.resident_mb(), Watched(), _load(services)
    had = len(_files(outbox))
    began, sent = time.monotonic(), 0
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(_watch(services, watched))
        sending: list[asyncio.Task[None]] = []
        while (passed := time.monotonic() - began) < seconds:
            while sent * _BATCH < passed * capacity * MORE:
                batch = list(itertools.islice(numbers, _BATCH))
                sending.append(tasks.create_task(load.send(batch)))
                sent += 1
            await asyncio.sleep(0.05)
        await asyncio.gather(*sending)
        told = time.monotonic()
        await _notices(outbox, had + load.accepted)
        watching.cancel()
    drained = time.monotonic() - told
    await _require_right(services, outbox, had + load.accepted)
    return {
        "overload_capacity_per_s": round(capacity, 1),
        "overload_accepted": load.accepted,
        "overload_refused_requests": len(load.waited),
        "overload_retry_after_s": max(load.waited, default=0.0),
        "overload_lag_max": max(watched.lag.values()),
        "overload_drained_after_s": round(drained, 1),
        **_memory(before, watched.memory),
    }


def _memory(
    before: Mapping[ServiceName, float], most: Mapping[ServiceName, float]
) -> dict[str, float]:
    found = {f"overload_{name}_memory_mb": round(most[name]) for name in SERVICES}
    growth = max(most[name] / before[name] for name in SERVICES)
    return {**found, "overload_memory_growth": round(growth, 2)}


async def _watch(services: Serving, watched: Watched) -> None:
    while True:
        await watched.look(services)
        await asyncio.sleep(_LOOK_SECONDS)


async def _notices(outbox: Path, number: int) -> None:
    deadline = time.monotonic() + _WAIT_SECONDS_MAX
    while (found := len(_files(outbox))) < number:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{found} of {number} notices came")
        await asyncio.sleep(0.2)


async def _require_right(services: Serving, outbox: Path, number: int) -> None:
    """Every debtor has one notice, and nothing was set aside."""
    debtors = [debtor_of_notice(path.read_bytes()) for path in _files(outbox)]
    if not len(set(debtors)) == len(debtors) == number:
        raise RuntimeError(f"{len(debtors)} notices to {len(set(debtors))} debtors, not {number}")
    await services.require_nothing_parked()


def _load(services: Serving) -> Load:
    settings = services.settings
    token = mint_token(
        settings.data_dir,
        ("upstream",),
        subject="bench",
        issuer=settings.issuer,
        audience=settings.audience,
    )
    return Load(services.clients["ledger"], token)


def _files(outbox: Path) -> list[Path]:
    return list(outbox.glob("*/*/sms/*.txt"))
