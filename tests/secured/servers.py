"""A PostgreSQL that is spoken to over TLS alone: Debian's, for ours is built without."""

import asyncio
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

import asyncpg

from chassis.servers.kafka import _free_ports
from chassis.servers.postgres_host import as_server_user, give_to_server_user
from tests.support.certificates import Authority

USER, PASSWORD = "collections", "correct-horse-7"
BY_CERTIFICATE = "by_certificate"
_RULES = f"""
local all all trust
hostssl all {BY_CERTIFICATE} 127.0.0.1/32 cert
hostssl all all 127.0.0.1/32 scram-sha-256
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


@dataclass(frozen=True)
class SecuredPostgres:
    """`admin` leads through the socket; `url` over TLS."""

    admin: str
    port: int
    ca: Path

    def url(self, user: str = f"{USER}:{PASSWORD}", host: str = "localhost", **tls: object) -> str:
        """The URL of the database; `tls` are libpq's parameters, by default `verify-full`."""
        told = {"sslmode": "verify-full", "sslrootcert": self.ca} | tls
        query = "&".join(f"{name}={quote(str(value))}" for name, value in told.items())
        return f"postgresql://{user}@{host}:{self.port}/collections?{query}"


@asynccontextmanager
async def secured_postgres(
    folder: Path, programs: Path, authority: Authority
) -> AsyncIterator[SecuredPostgres]:
    """Run one for as long as the context lasts."""
    port = _free_ports(0)[0]
    data = folder / "data"
    give_to_server_user(folder)
    _run([str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres"], folder)
    shown = authority.sign("postgres", "localhost")
    for file in (shown.cert, shown.key):
        give_to_server_user(Path(shutil.copy2(file, folder)))
    (folder / "rules").write_text(_RULES)
    settings = {
        "hba_file": folder / "rules",
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": folder,
        "fsync": "off",
        "ssl": "on",
        "ssl_ca_file": authority.ca,
        "ssl_cert_file": folder / shown.cert.name,
        "ssl_key_file": folder / shown.key.name,
    }
    command = [str(programs / "postgres"), "-D", str(data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with (folder / "log").open("wb") as log:
        server = _start(as_server_user(command, folder), log)
    try:
        admin = f"postgresql://postgres@/postgres?host={quote(str(folder))}&port={port}"
        await _prepare(admin, server)
        yield SecuredPostgres(admin, port, authority.ca)
    finally:
        server.send_signal(signal.SIGINT)  # whoever is connected is sent away
        await asyncio.to_thread(server.wait)


async def _prepare(admin: str, server: "subprocess.Popen[bytes]") -> None:
    while True:
        try:
            connection = await asyncpg.connect(admin)
        except (OSError, asyncpg.CannotConnectNowError):
            assert server.poll() is None, "PostgreSQL ended while it was starting"
            await asyncio.sleep(0.05)
            continue
        for statement in _ROLES:
            await connection.execute(statement)
        await connection.close()
        return


def _start(command: list[str], log: IO[bytes]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(command, stdout=log, stderr=log, cwd="/")


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(as_server_user(command, folder), check=True, capture_output=True, cwd="/")
