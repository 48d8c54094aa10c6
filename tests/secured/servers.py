"""A PostgreSQL that is spoken to over TLS alone: Debian's, for ours is built without."""

import asyncio
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import asyncpg

from chassis.servers.postgres_host import as_server_user, give_to_server_user
from tests.support.certificates import Authority
from tests.support.processes import free_ports

USER, PASSWORD = "collections", "correct-horse-7"
BY_CERTIFICATE = "by_certificate"
_RULES = f"""
local all all trust
hostssl all {BY_CERTIFICATE} 127.0.0.1/32 cert
hostssl all all 0.0.0.0/0 scram-sha-256
"""
_ROLES = (
    f"create role {USER} login password '{PASSWORD}'",
    f"create role {BY_CERTIFICATE} login",
    f"create database collections owner {USER}",
)


def programs() -> Path | None:
    """The folder of the newest server that Debian has installed."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda one: int(one.parts[-3])
    )
    return found[-1].parent if found else None


class SecuredPostgres:
    """`admin` leads through the socket, `url` over TLS.

    It listens on the addresses of `hosts` beside 127.0.0.1, and shows a certificate for them.
    """

    def __init__(
        self, folder: Path, programs: Path, authority: Authority, hosts: Sequence[str] = ()
    ) -> None:
        self.port = free_ports(1)[0]
        self.ca = authority.ca
        self.admin = f"postgresql://postgres@/postgres?host={quote(str(folder))}&port={self.port}"
        self._folder, self._programs = folder, programs
        self._server: subprocess.Popen[bytes] | None = None
        give_to_server_user(folder)
        self._run("initdb", "-D", str(folder / "data"), "-A", "trust", "-U", "postgres")
        shown = authority.sign("postgres", "localhost", *hosts)
        for file in (shown.cert, shown.key):
            give_to_server_user(Path(shutil.copy2(file, folder)))
        (folder / "rules").write_text(_RULES)
        self._settings = {
            "hba_file": folder / "rules",
            "listen_addresses": ",".join(["127.0.0.1", *hosts]),
            "port": self.port,
            "unix_socket_directories": folder,
            "max_connections": 300,
            "fsync": "off",
            "ssl": "on",
            "ssl_ca_file": authority.ca,
            "ssl_cert_file": folder / shown.cert.name,
            "ssl_key_file": folder / shown.key.name,
        }

    def url(
        self,
        user: str = f"{USER}:{PASSWORD}",
        host: str = "localhost",
        database: str = "collections",
        **tls: object,
    ) -> str:
        """The URL of a database; `tls` are libpq's parameters, by default `verify-full`."""
        told = {"sslmode": "verify-full", "sslrootcert": self.ca} | tls
        query = "&".join(f"{name}={quote(str(value))}" for name, value in told.items())
        return f"postgresql://{user}@{host}:{self.port}/{database}?{query}"

    async def start(self) -> None:
        """Start it, also where it was stopped, and wait until it answers."""
        await asyncio.to_thread(self._launch)
        await (await self._connected()).close()

    async def stop(self) -> None:
        """As in a deployment: whoever is connected is sent away."""
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)
            await asyncio.to_thread(self._server.wait)

    async def run(self, *statements: str) -> None:
        """Have statements carried out by who may do everything."""
        connection = await self._connected()
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    def _launch(self) -> None:
        command = [str(self._programs / "postgres"), "-D", str(self._folder / "data")]
        for name, value in self._settings.items():
            command += ["-c", f"{name}={value}"]
        command = as_server_user(command, self._folder)
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen(command, stdout=log, stderr=log, cwd="/")

    async def _connected(self) -> "asyncpg.Connection":
        while True:
            try:
                return await asyncpg.connect(self.admin)
            except (OSError, asyncpg.CannotConnectNowError):
                assert self._server is not None
                assert self._server.poll() is None, "PostgreSQL ended while it was starting"
                await asyncio.sleep(0.05)

    def _run(self, program: str, *arguments: str) -> None:
        command = as_server_user([str(self._programs / program), *arguments], self._folder)
        subprocess.run(command, check=True, capture_output=True, cwd="/")


@asynccontextmanager
async def secured_postgres(
    folder: Path, programs: Path, authority: Authority
) -> AsyncIterator[SecuredPostgres]:
    """Run one for as long as the context lasts, with a role and its database."""
    server = SecuredPostgres(folder, programs, authority)
    try:
        await server.start()
        await server.run(*_ROLES)
        yield server
    finally:
        await server.stop()
