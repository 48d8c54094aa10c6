"""The whole system on one machine: servers, proxies, services, providers, and the time of day."""

import asyncio
import base64
import json
import os
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from chassis.http.dev_keys import mint_token
from tests.faults import traffic
from tests.faults.clock import ShiftedClock
from tests.faults.gateway import provide
from tests.faults.processes import SERVICES, Process, Service
from tests.faults.proxy import Proxies
from tests.faults.publishing import Upstream
from tests.faults.servers import Broker, Disk, Store
from tests.support.processes import free_ports

PARTITIONS = 3
SECRET = "of the tests"
LEASE_SECONDS = 5
_WATCH_SECONDS = 1.0
Settings = dict[str, str]


class System:
    """Everything that runs, in a folder; `traffic.jsonl` there is what is told."""

    def __init__(self, folder: Path, seed: int, ticks: int, starts_per_tick: int) -> None:
        self.folder = folder
        self.file = folder / "traffic.jsonl"
        traffic.Traffic(seed, starts_per_tick).write(self.file, ticks)
        self.by_tick: dict[int, list[dict[str, Any]]] = {}
        self._sort(self.file.read_text().splitlines())
        self.tick = 0
        self.proxies = Proxies()
        self.disks = {name: Disk(folder, name) for name in ("kafka", "postgres")}
        self.store = Store(self.disks["postgres"])
        self.mood = folder / "mood"
        self.instances: dict[str, Service] = {}
        self.clocks: list[ShiftedClock] = []

    # Start and end

    async def start(self) -> None:
        http, smtp, *behind = free_ports(2 + len(SERVICES))
        links = {
            name: self.proxies.add(f"{name}/kafka", partial(int, port))
            for name, port in zip(SERVICES, behind, strict=True)
        }
        ports = {name: link.port for name, link in links.items()}
        self.broker = Broker(self.disks["kafka"], ports, dict(zip(SERVICES, behind, strict=True)))
        for name in SERVICES:
            self.proxies.add(f"{name}/postgres", lambda: self.store.socket)
        self.proxies.add("notifier/sms", lambda: http)
        self.proxies.add("notifier/smtp", lambda: smtp)
        log = self.folder / "gateway.jsonl"
        self.gateway = Process("gateway", log, provide, http, smtp, log, self.mood)
        self.gateway.start()
        await asyncio.gather(self.broker.start(), self.store.start())
        self.upstream = Upstream(self.broker.bootstrap)
        for name in SERVICES:
            self.instances[name] = self.instance(name, name)
        self.set_clock(traffic.instant(0))
        # The first makes keys and topics, which the others find.
        self.instances["ledger"].start()
        await self.instances["ledger"].ready()
        for name in SERVICES[1:]:
            self.instances[name].start()
        await self.ready()
        await self._set_up_creditors()
        self.watching_over = asyncio.create_task(self._watch_over())

    def instance(self, service: str, name: str) -> Service:
        """One more process of a service, behind the service's proxies."""
        settings = self._settings(service, name)
        port = int(settings[f"ARREARS_{service.upper()}_PORT"])
        process = Service(name, self.folder, port, service, settings)
        self.clocks.append(process.clock)
        if self.instances:
            process.clock.set(self.now)
        return process

    def environment(self, service: str, name: str) -> Settings:
        """What a process needs to find the service's store and bus."""
        return {**os.environ, **self._settings(service, name)}

    def _settings(self, service: str, name: str) -> Settings:
        (port,) = free_ports(1)
        links = self.proxies.links
        url = f"postgresql://postgres@127.0.0.1:{links[f'{service}/postgres'].port}/arrears"
        return {
            f"ARREARS_{service.upper()}_PORT": str(port),
            "ARREARS_DATA_DIR": str(self.folder / "data"),
            "ARREARS_DATABASE_URL": url,
            "ARREARS_BUS": "kafka",
            "ARREARS_KAFKA_BOOTSTRAP": f"127.0.0.1:{links[f'{service}/kafka'].port}",
            "ARREARS_PARTITIONS": str(PARTITIONS),
            "ARREARS_LEASE_SECONDS": str(LEASE_SECONDS),
            "ARREARS_INSTANCE": name,
            "ARREARS_POOL_SIZE": "6",
            "ARREARS_NOTIFIER_SMS_URL": f"http://127.0.0.1:{links['notifier/sms'].port}",
            "ARREARS_NOTIFIER_SMS_SECRET": SECRET,
            "ARREARS_NOTIFIER_SMS_TIMEOUT_SECONDS": "5",
            "ARREARS_NOTIFIER_SMTP_HOST": "127.0.0.1",
            "ARREARS_NOTIFIER_SMTP_PORT": str(links["notifier/smtp"].port),
            "ARREARS_NOTIFIER_SMTP_TLS": "none",
            "ARREARS_NOTIFIER_SMTP_FROM": "arrears@example.com",
            "ARREARS_NOTIFIER_SMTP_TIMEOUT_SECONDS": "5",
            "ARREARS_NOTIFIER_CALLBACK_SECRETS": json.dumps({"sms": SECRET}),
        }

    async def ready(self) -> None:
        await asyncio.gather(*(one.ready() for one in self.instances.values()))

    async def close(self) -> None:
        self.watching_over.cancel()
        for process in [*self.instances.values(), self.gateway]:
            await process.stop()
        await self.upstream.close()
        await self.broker.stop()
        await self.store.stop()
        self.proxies.close()
        for disk in self.disks.values():
            disk.close()

    async def _set_up_creditors(self) -> None:
        for creditor, (pack, zone, currency) in traffic.CREDITORS.items():
            body: dict[str, Any] = {
                "name": creditor,
                "time_zone": zone,
                "currency": currency,
                "policy": pack,
            }
            body["languages"] = ["en"]
            await self.call("dunning", "PUT", f"/v1/creditors/{creditor}", body, "manager")

    # Doing things

    async def call(
        self, service: str, method: str, path: str, body: object, *roles: str
    ) -> httpx.Response:
        token = mint_token(self.folder / "data", roles)
        url = f"http://127.0.0.1:{self.instances[service].port}{path}"
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(timeout=60) as client:
            answer = await client.request(method, url, json=body, headers=headers)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    @property
    def now(self) -> datetime:
        """What the ledger's clock shows; most of the time all show the same."""
        return self.instances["ledger"].clock.now()

    def set_clock(self, to: datetime) -> None:
        for clock in self.clocks:
            clock.set(to)

    async def next_ticks(self, number: int, pause: float) -> None:
        """Let so many half days go by: what is told in each, then the time."""
        for _ in range(number):
            await self.upstream.publish(
                [
                    (line["key"].encode(), base64.b64decode(line["value"]))
                    for line in self.by_tick.get(self.tick, [])
                ]
            )
            self.tick += 1
            await asyncio.sleep(pause)
            self.set_clock(traffic.instant(self.tick))

    def tell_also(self, lines: Sequence[dict[str, Any]]) -> None:
        """Put more into the traffic file."""
        texts = [json.dumps(line) for line in lines]
        with self.file.open("a") as file:
            file.writelines(f"{text}\n" for text in texts)
        self._sort(texts)

    def _sort(self, texts: Sequence[str]) -> None:
        for text in texts:
            line = json.loads(text)
            self.by_tick.setdefault(line["tick"], []).append(line)

    async def quiet_ticks(self, number: int, pause: float) -> None:
        """Let time go by in which nothing is told."""
        for _ in range(number):
            self.set_clock(self.now + timedelta(hours=12))
            await asyncio.sleep(pause)

    async def _watch_over(self) -> None:
        """Start again what ended, as a machine that runs services does by itself."""
        while True:
            for process in [*self.instances.values(), self.gateway]:
                process.run_again()
            await asyncio.sleep(_WATCH_SECONDS)

    def say(self, mood: str) -> None:
        """How the providers are from now on."""
        beside = self.mood.with_suffix(".new")
        beside.write_text(mood)
        beside.replace(self.mood)

    def services(self, names: Sequence[str] = SERVICES) -> list[Service]:
        return [self.instances[name] for name in names]


async def until(seconds: float, what: str, condition: Any) -> float:
    """Wait until an async condition holds; returns for how long."""
    began = time.monotonic()
    while not await condition():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        await asyncio.sleep(0.3)
    return time.monotonic() - began
