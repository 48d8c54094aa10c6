"""Kafka and PostgreSQL on folders of their own that can be killed, filled and brought back."""

import asyncio
import contextlib
import os
import re
import resource
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from chassis.servers.kafka import LocalKafka
from chassis.servers.postgres import EmbeddedPostgres, database_url, ensure_database
from chassis.servers.postgres_host import binary, environment
from tests.support.processes import free_ports

DATABASE = "arrears"
_DISK_MB = {"kafka": 600, "postgres": 1500}
_FILE_BYTES_MAX = 4096


class Disk:
    """A folder on a small file system of its own, where that may be mounted.

    Elsewhere `full` bounds the size of the files that a server may write, which it meets as an
    error of the same kind at the same calls.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder / name
        self.folder.mkdir()
        size = f"size={_DISK_MB[name]}m"
        command = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(self.folder)]
        done = subprocess.run(command, capture_output=True, check=False)
        self.is_mounted = done.returncode == 0

    @property
    def how(self) -> str:
        return "tmpfs filled" if self.is_mounted else "RLIMIT_FSIZE set"

    @contextlib.contextmanager
    def full(self, processes: Callable[[], list[int]]) -> Iterator[None]:
        if self.is_mounted:
            filler = self.folder / "filler"
            try:
                with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
                    while True:
                        file.write(bytes(1 << 20))
                yield
            finally:
                filler.unlink()
            return
        for pid in processes():
            with contextlib.suppress(ProcessLookupError):
                limit = (_FILE_BYTES_MAX, resource.RLIM_INFINITY)
                resource.prlimit(pid, resource.RLIMIT_FSIZE, limit)
        try:
            yield
        finally:
            for pid in processes():
                with contextlib.suppress(ProcessLookupError):
                    limits = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
                    resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)

    def close(self) -> None:
        if self.is_mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=False)


class Broker:
    """One Kafka with a listener for each service, which it tells them to find behind a proxy.

    `advertised` are the proxies' ports by service; `behind` where the proxies find the listeners.
    """

    def __init__(self, disk: Disk, advertised: dict[str, int], behind: dict[str, int]) -> None:
        self.disk = disk
        names = {service: service.upper() for service in advertised}
        base = "PLAINTEXT://127.0.0.1:{port}"
        bound = [base, "CONTROLLER://127.0.0.1:{controller_port}"]
        bound += [f"{name}://127.0.0.1:{behind[service]}" for service, name in names.items()]
        told = [base]
        told += [f"{name}://127.0.0.1:{advertised[service]}" for service, name in names.items()]
        protocols = [f"{name}:PLAINTEXT" for name in ("CONTROLLER", "PLAINTEXT", *names.values())]
        more = (
            f"\nlisteners={','.join(bound)}\nadvertised.listeners={','.join(told)}"
            f"\nlistener.security.protocol.map={','.join(protocols)}"
            "\nlog.segment.bytes=16777216\nlog.index.size.max.bytes=1048576\n"
        )
        self._kafka = LocalKafka(disk.folder, port=free_ports(1)[0], more=more)
        self.bootstrap = ""

    async def start(self) -> None:
        self.bootstrap = await self._kafka.start()

    async def stop(self) -> None:
        await self._kafka.stop()

    async def end(self) -> None:
        """As quickly as it goes."""
        if self._kafka.pid is not None:
            os.kill(self._kafka.pid, signal.SIGKILL)
        await self._kafka.stop()

    @property
    def pid(self) -> int:
        assert self._kafka.pid is not None
        return self._kafka.pid

    async def restart(self) -> None:
        """In order, or what is left of it after a kill."""
        await self._kafka.stop()
        await self._kafka.start()

    async def wait(self) -> int:
        return await self._kafka.wait()


class Store:
    """One PostgreSQL, which outlives its own crashes."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self._server = EmbeddedPostgres(disk.folder / "server")
        self._first = self._server
        self._database = DATABASE
        self.dsn = ""

    async def start(self) -> None:
        dsn = await self._server.start()
        self.dsn = await ensure_database(dsn, self._database)

    async def use(self, database: str) -> None:
        """Make another database and work in that."""
        self._database = database
        self.dsn = await ensure_database(self.dsn, database)

    @property
    def socket(self) -> str:
        (folder,) = parse_qs(urlsplit(self.dsn).query)["host"]
        return f"{folder}/.s.PGSQL.5432"

    @property
    def pid(self) -> int | None:
        return self._server.pid

    def processes(self) -> list[int]:
        """The server and its sessions."""
        if self.pid is None:
            return []
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [self.pid, *map(int, children.read_text().split())]

    def signal(self, number: signal.Signals) -> None:
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def come_back(self) -> None:
        """Start it again where it does not run; another of its users starts it."""
        again = EmbeddedPostgres(self._first.data_dir)
        self.dsn = database_url(await again.start(), self._database)
        await self._server.stop()
        self._server = again

    async def keep(self, file: Path) -> None:
        """Write all that is stored into a file, for whoever looks for what went wrong."""
        process = await asyncio.create_subprocess_exec(
            binary("pg_dump"), f"--dbname={self.dsn}", f"--file={file}", env=environment()
        )
        await process.wait()

    async def stop(self) -> None:
        await self._server.stop()


def resident_bytes(pid: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 if found else 0
