"""What the release needs and the chart leaves outside, on this machine: Kafka, PostgreSQL, and the
provider of text messages. Pods find them by its address on the cluster's bridge.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from chassis.settings import SERVICES, ServiceName
from tests.faults.gateway import provide
from tests.faults.processes import Process
from tests.secured.brokers import PASSWORD, USERNAME, SecuredKafka, TokenServer
from tests.secured.servers import SecuredPostgres, programs
from tests.support.certificates import Authority
from tests.support.processes import ARREARS, free_ports
from tests.support.topics import delete_topics

HOST = "10.199.0.1"
"""This machine, as `deploy/kube/up.sh` makes it known to the pods."""


class Outside:
    """Servers over TLS that both runs use; what they hold is another run's or this one's."""

    def __init__(self, folder: Path) -> None:
        found = programs()
        if found is None:
            raise SystemExit("no PostgreSQL here (apt-get install postgresql)")
        for name in ("kafka", "postgres"):
            (folder / name).mkdir()
        self.authority = Authority(folder / "authority")
        tokens = TokenServer(folder / "jwks.json")  # nobody asks for any; the broker wants the file
        self._kafka = SecuredKafka(folder / "kafka", self.authority, tokens.jwks, HOST)
        self.postgres = SecuredPostgres(folder / "postgres", found, self.authority, [HOST])
        self.bootstrap = ""
        self.username, self.password = USERNAME, PASSWORD
        self.sms_port, self._smtp_port = free_ports(2)

    @property
    def kafka(self) -> str:
        """Where the pods find the broker; `bootstrap` is for us, in plaintext on the loopback."""
        return self._kafka.at("sasl")

    async def start(self) -> None:
        self.bootstrap, _ = await asyncio.gather(self._kafka.start(), self.postgres.start())

    async def stop(self) -> None:
        await asyncio.gather(self._kafka.stop(), self.postgres.stop())

    async def restart_kafka(self) -> None:
        await self._kafka.stop()
        await self._kafka.start()

    async def restart_postgres(self) -> None:
        await self.postgres.stop()
        await self.postgres.start()

    def provider(self, folder: Path) -> Process:
        """The provider of text messages of a run; its log is `gateway.jsonl` in this folder."""
        log, mood = folder / "gateway.jsonl", folder / "mood"
        ports = (self.sms_port, self._smtp_port)
        return Process("gateway", log, provide, *ports, log, mood, HOST)

    async def empty(self, run: str) -> Mapping[ServiceName, tuple[str, str]]:
        """No topics, and databases for a run: each service's URL for the pods, and one for us.

        Roles are made as docs/operations.md has it.
        """
        await delete_topics(self.bootstrap)
        urls: dict[ServiceName, tuple[str, str]] = {}
        for name in SERVICES:
            database, role = f"{run}_{name}", f"arrears_{name}"
            await self.postgres.run(f"create database {database}")
            admin = self.postgres.admin.replace("/postgres?", f"/{database}?")
            await _roles(name, admin)
            await self.postgres.run(f"alter role {role} password '{PASSWORD}'")
            theirs = f"postgresql://{role}:{PASSWORD}@{HOST}:{self.postgres.port}/{database}"
            urls[name] = theirs, admin
        return urls


async def _roles(service: ServiceName, admin: str) -> None:
    words = await asyncio.create_subprocess_exec(
        *ARREARS, "roles", service, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await words.communicate()
    psql = await asyncio.create_subprocess_exec(
        "psql", "-v", "ON_ERROR_STOP=1", "-q", admin, stdin=asyncio.subprocess.PIPE
    )
    await psql.communicate(said)
    if words.returncode or psql.returncode:
        raise SystemExit(f"the role of {service} could not be made")
