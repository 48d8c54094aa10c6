"""Two instances of each service, a database for each service, and one Kafka."""

import asyncio
import base64
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from arrears.databases import Databases
from arrears.schemas import migrate
from chassis.http import dev_keys
from chassis.servers.kafka import LocalKafka
from chassis.servers.postgres import EmbeddedPostgres, ensure_database
from chassis.settings import SERVICES, ServiceName
from tests.chaos.telling import Telling, set_up_creditors
from tests.faults import traffic
from tests.faults.gateway import provide
from tests.faults.processes import Process, Service
from tests.faults.watching import LANES
from tests.support.processes import as_settings, free_ports
from tests.support.topics import delete_topics

INSTANCES = 2
LEASE_SECONDS = 4
PIECE = 40
PIECE_SECONDS = 0.25
SECRET = "of the tests, and of nobody else at all"
_KEK = base64.b64encode(b"The key of a system in chaos 32b").decode()


class Servers:
    """The Kafka and the PostgreSQL that a run after the other finds empty."""

    def __init__(self, folder: Path) -> None:
        self._kafka = LocalKafka(folder / "kafka")
        self._postgres = EmbeddedPostgres(folder / "postgres", durable=False)
        self._dsn = self.bootstrap = ""

    async def start(self) -> None:
        self.bootstrap, self._dsn = await asyncio.gather(
            self._kafka.start(), self._postgres.start()
        )

    async def databases(self, run: str) -> dict[ServiceName, str]:
        """Empty ones for a run, and no topics."""
        await delete_topics(self.bootstrap)
        return {name: await ensure_database(self._dsn, f"{run}_{name}") for name in SERVICES}

    async def stop(self) -> None:
        await asyncio.gather(self._kafka.stop(), self._postgres.stop())


class System:
    """One run: what is told of it comes from a file, half a day at a time.

    Instances bear no name of their own: whoever is started again is another, as in a cluster.
    """

    def __init__(self, folder: Path, servers: Servers, file: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.servers = servers
        self.dsns: Mapping[ServiceName, str] = {}
        self.instances: list[Service] = []
        http, smtp = free_ports(2)
        self._sms = f"http://127.0.0.1:{http}"
        self.gateway_log = folder / "gateway.jsonl"
        mood = folder / "mood"
        self._gateway = Process(
            "gateway", self.gateway_log, provide, http, smtp, self.gateway_log, mood
        )
        self.telling = Telling(file, lambda: servers.bootstrap, PIECE, PIECE_SECONDS)

    async def start(self) -> None:
        self._gateway.start()
        self.dsns = await self.servers.databases(self.folder.name)
        await migrate(Databases(self.dsns, None))
        dev_keys.ensure(self.folder / "data")  # which all of them would make at once
        ports = iter(free_ports(2 * INSTANCES * len(SERVICES)))
        for service in SERVICES:
            for number in range(INSTANCES):
                settings = self._settings(service, port := next(ports), next(ports))
                name = f"{service}-{number}"
                self.instances.append(Service(service, name, self.folder, port, settings))
        self.set_clock(traffic.instant(0))
        for one in self.instances:
            one.start()
        await self.ready()
        await self._set_up()

    def _settings(self, service: ServiceName, port: int, operations: int) -> dict[str, str]:
        return {
            **as_settings({service: port}, {service: operations}),
            f"ARREARS_{service.upper()}_DATABASE_URL": self.dsns[service],
            "ARREARS_DATA_DIR": str(self.folder / "data"),
            "ARREARS_KEK": _KEK,
            "ARREARS_BUS": "kafka",
            "ARREARS_KAFKA_BOOTSTRAP": self.servers.bootstrap,
            "ARREARS_PARTITIONS": str(LANES),
            "ARREARS_LEASE_SECONDS": str(LEASE_SECONDS),
            "ARREARS_POOL_SIZE": "5",
            "ARREARS_NOTIFIER_SMS_URL": self._sms,
            "ARREARS_NOTIFIER_SMS_SECRET": SECRET,
            "ARREARS_NOTIFIER_SMS_TIMEOUT_SECONDS": "5",
            "ARREARS_NOTIFIER_CALLBACK_SECRETS": json.dumps({"sms": SECRET}),
        }

    async def _set_up(self) -> None:
        token = dev_keys.mint_token(self.folder / "data", ["manager"])
        port = next(one.port for one in self.instances if one.name.startswith("dunning"))
        await set_up_creditors(f"http://127.0.0.1:{port}", token)

    async def ready(self) -> None:
        await asyncio.gather(*(one.ready() for one in self.instances))

    def set_clock(self, to: datetime) -> None:
        for one in self.instances:
            one.clock.set(to)

    async def close(self) -> None:
        await asyncio.gather(*(one.kill() for one in [*self.instances, self._gateway]))
        await self.telling.close()
