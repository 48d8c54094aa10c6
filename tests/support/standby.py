"""Two servers of Debian's PostgreSQL: a primary whose commits wait for its standby."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from chassis.servers.postgres_host import as_server_user, environment, give_to_server_user
from tests.support.processes import free_ports

_USER = "postgres"
_STANDBY = "standby"
_SECONDS_MAX = 60.0
_NO_CONNECTION = 2
"""What psql ends with where no server lets it in."""
_WAIT_FOR_IT = (
    f"alter system set synchronous_standby_names = 'ANY 1 ({_STANDBY})'",
    "select pg_reload_conf()",
)
_IS_WAITED_FOR = "select count(*) from pg_stat_replication where sync_state = 'quorum'"


class Server:
    """One of them; `folder` is the server's own."""

    def __init__(self, programs: Path, folder: Path, port: int) -> None:
        self.programs, self.folder, self.port = programs, folder, port
        self.data = folder / "data"
        folder.mkdir()
        give_to_server_user(folder)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def admin(self) -> str:
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/postgres"

    def run(self, program: str, *arguments: str) -> None:
        done = self._run(program, *arguments)
        assert done.returncode == 0, done.stderr

    def start(self, log: IO[bytes]) -> None:
        told = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "off",
        }
        command = [str(self.programs / "postgres"), "-D", str(self.data)]
        for name, value in told.items():
            command += ["-c", f"{name}={value}"]
        self._process = subprocess.Popen(
            as_server_user(command, self.folder), stdout=log, stderr=log, cwd="/", env=environment()
        )

    def kill(self) -> None:
        """As the loss of its machine: no session may finish."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def promote(self) -> None:
        self.run("pg_ctl", "promote", "-D", str(self.data), "-w")

    def ask(self, *statements: str) -> str:
        """What the last of them says, as soon as the server lets us in."""
        asked = [part for statement in statements for part in ("-c", statement)]
        deadline = time.monotonic() + _SECONDS_MAX
        while (done := self._run("psql", "-Atqd", self.admin, *asked)).returncode == _NO_CONNECTION:
            assert time.monotonic() < deadline, done.stderr
            time.sleep(0.05)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def _run(self, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = as_server_user([str(self.programs / program), *arguments], self.folder)
        return subprocess.run(
            command, check=False, capture_output=True, text=True, cwd="/", env=environment()
        )


@dataclass(frozen=True)
class Pair:
    """A primary and the standby its commits wait for; `url` names both hosts."""

    primary: Server
    standby: Server
    url: str


@contextmanager
def pair(programs: Path, folder: Path) -> Iterator[Pair]:
    """Both at work: a commit is on two servers before anybody is told of it."""
    ports = free_ports(2)
    primary = Server(programs, folder / "primary", ports[0])
    standby = Server(programs, folder / "standby", ports[1])
    hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
    url = f"postgresql://{_USER}@{hosts}/arrears?target_session_attrs=read-write"
    try:
        with (folder / "log").open("wb") as log:
            _join(primary, standby, log)
        yield Pair(primary, standby, url)
    finally:
        for server in (primary, standby):
            server.kill()


def _join(primary: Server, standby: Server, log: IO[bytes]) -> None:
    primary.run("initdb", "-D", str(primary.data), "-A", "trust", "-U", _USER)
    primary.start(log)
    primary.ask("create database arrears")
    way = f"host=127.0.0.1 port={primary.port} user={_USER} application_name={_STANDBY}"
    standby.run("pg_basebackup", "-D", str(standby.data), "-R", "-c", "fast", "-d", way)
    standby.start(log)
    primary.ask(*_WAIT_FOR_IT)
    deadline = time.monotonic() + _SECONDS_MAX
    while primary.ask(_IS_WAITED_FOR) == "0":
        assert time.monotonic() < deadline, (primary.folder.parent / "log").read_text()
        time.sleep(0.05)
