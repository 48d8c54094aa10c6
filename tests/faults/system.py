"""The whole system on one machine: servers, proxies, services, providers, and the time of day."""

import asyncio
import base64
import json
import os
import time
from collections.abc import Coroutine, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx

import chassis.settings
from arrears.databases import Databases
from arrears.schemas import migrate
from chassis.http import dev_keys
from tests.faults import traffic
from tests.faults.gateway import provide
from tests.faults.minding import Minder
from tests.faults.model import Account
from tests.faults.observed import TOPICS
from tests.faults.processes import SERVICES, Process, Service
from tests.faults.proxy import Proxies
from tests.faults.publishing import Upstream
from tests.faults.recording import Recording
from tests.faults.servers import Broker, Disk, Store
from tests.faults.watching import LANES
from tests.support.processes import as_settings, free_ports

SECRET = "of the tests, and of nobody else at all"
LEASE_SECONDS = 5
_KEK = base64.b64encode(b"The key of a system under faults").decode()
_WATCH_SECONDS = 0.3
_AGAIN_SECONDS = 1.0
Settings = dict[str, str]


class Unanswered(Exception):
    """A service refused a request, or could not serve it."""


class System:
    """Everything that runs, in a folder; `traffic.jsonl` there is what is told."""

    def __init__(
        self,
        folder: Path,
        seed: int,
        ticks: int,
        starts_per_tick: int,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self.folder = folder
        self.lease_seconds = lease_seconds
        self.minder = Minder(folder)
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
        self.everyone: list[Service] = []
        self.erasing: set[Account] = set()
        self.erased: set[Account] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._link()
        self.upstream = Upstream(lambda: self.broker.bootstrap)
        self.recording = Recording(lambda: self.broker.bootstrap, TOPICS, LANES)

    def _link(self) -> None:
        """Put a proxy before everything that a service speaks to."""
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

    # Start and end

    async def start(self) -> None:
        self.gateway.start()
        await asyncio.gather(self.broker.start(), self.store.start())
        await migrate(Databases(dict.fromkeys(chassis.settings.SERVICES, self.store.dsn), None))
        for name in SERVICES:
            self.instances[name] = self.instance(name, name)
        self.set_clock(traffic.instant(0))
        dev_keys.ensure(self.folder / "data")  # which all of them would make at once
        for process in self.instances.values():
            process.start()
        await self.ready()
        await self._set_up_creditors()
        self._beside(self._watch_over())
        self._beside(self.recording.run())

    def instance(self, service: str, name: str) -> Service:
        """One more process of a service, behind the service's proxies."""
        settings = self._settings(service, name)
        port = int(settings[f"ARREARS_{service.upper()}_PORT"])
        process = Service(service, name, self.folder, port, settings)
        self.everyone.append(process)
        if self.instances:
            process.clock.set(self.now)
        return process

    async def use_database(self, name: str) -> None:
        """Let what is started from now on work in an empty database."""
        await self.store.use(name)
        for process in self.everyone:
            process.settings["ARREARS_DATABASE_URL"] = process.settings[
                "ARREARS_DATABASE_URL"
            ].replace("/arrears", f"/{name}")

    def environment(self, service: str, name: str) -> Settings:
        """What a process needs to find the service's store and bus."""
        return {**os.environ, **self._settings(service, name)}

    def _settings(self, service: str, name: str) -> Settings:
        port, operations = free_ports(2)
        links = self.proxies.links
        url = f"postgresql://postgres@127.0.0.1:{links[f'{service}/postgres'].port}/arrears"
        return {
            **as_settings({service: port}, {service: operations}),
            "ARREARS_DATA_DIR": str(self.folder / "data"),
            "ARREARS_DATABASE_URL": url,
            "ARREARS_KEK": _KEK,
            "ARREARS_BUS": "kafka",
            "ARREARS_KAFKA_BOOTSTRAP": f"127.0.0.1:{links[f'{service}/kafka'].port}",
            "ARREARS_PARTITIONS": str(LANES),
            "ARREARS_LEASE_SECONDS": str(self.lease_seconds),
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
        """End everything, however far it came to be started."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(one.kill() for one in [*self.everyone, self.gateway]))
        await self.upstream.close()
        await self.broker.end()
        await self.store.stop()
        self.proxies.close()
        for disk in self.disks.values():
            disk.close()
        self.minder.close()

    def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

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
        token = dev_keys.mint_token(self.folder / "data", roles)
        url = f"http://127.0.0.1:{self.instances[service].port}{path}"
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(timeout=60) as client:
            answer = await client.request(method, url, json=body, headers=headers)
        if not answer.is_success:
            raise Unanswered(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer

    @property
    def now(self) -> datetime:
        """What the ledger's clock shows; most of the time all show the same."""
        return self.instances["ledger"].clock.now()

    def set_clock(self, to: datetime) -> None:
        for process in self.everyone:
            process.clock.set(to)

    async def next_ticks(self, number: int, pause: float) -> None:
        """Let so many half days go by: what is told in each, then the time."""
        for _ in range(number):
            lines = self.by_tick.get(self.tick, [])
            records = [line for line in lines if line["is"] != "erase"]
            await self.upstream.publish(
                [(line["key"].encode(), base64.b64decode(line["value"])) for line in records]
            )
            for line in lines:
                if line["is"] == "erase":
                    creditor, _, account = line["key"].partition("/")
                    self._beside(self._erase((creditor, account)))
            self.tick += 1
            await asyncio.sleep(pause)
            self.set_clock(traffic.instant(self.tick))

    async def _erase(self, who: Account) -> None:
        """Have somebody erased, as a person who asks until it is answered."""
        self.erasing.add(who)
        path = f"/v1/accounts/{who[1]}/erasure?creditor={who[0]}"
        while who not in self.erased:
            try:
                await self.call("ledger", "POST", path, {}, "administration")
                self.erased.add(who)
            except (httpx.HTTPError, Unanswered):
                await asyncio.sleep(_AGAIN_SECONDS)
        self.erasing.discard(who)

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
        await asyncio.sleep(0.1)
    return time.monotonic() - began
