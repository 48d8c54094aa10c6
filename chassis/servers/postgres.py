"""A PostgreSQL 18 server of our own (Linux): binaries from a wheel, data in one folder.

Folder layout: `pgdata/` the cluster, `server.log`, the Unix socket (or, where that path would be
too long, a short temporary folder), `start.lock` held while somebody starts or stops the server,
and `users.lock` held in shared mode by every process that uses it. The last user stops the server;
locks of a killed process vanish with it, so what it left running is found and used again.
"""

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from chassis import postgres
from chassis.errors import Misconfigured, Transient
from chassis.private import make_passage
from chassis.servers.postgres_host import (
    PORT,
    as_server_user,
    binary,
    buffers_mb,
    clear_the_way,
    environment,
    give_to_server_user,
    pid_file,
    servers_of,
)

SOCKET_PATH_MAX_BYTES = 100  # sockaddr_un holds 108 on Linux, 104 elsewhere
START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 60.0

# For one machine with few connections and batches of COPY: large, rare checkpoints.
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "max_connections": "100",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "max_wal_size": "4GB",
    "min_wal_size": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "wal_buffers": "16MB",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "track_io_timing": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "password_encryption": "scram-sha-256",
}
# Fast and forgetful: for simulations and tests, whose data nobody misses after a power cut.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def database_url(dsn: str, database: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(dsn)._replace(path="/" + quote(database, safe="")))


async def ensure_database(dsn: str, name: str) -> str:
    """Create the database unless it exists; returns its DSN."""
    connection = await postgres.connect(dsn)
    try:
        # Two processes may come at once: the unique index of pg_database decides.
        with contextlib.suppress(asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
            await connection.execute(f'CREATE DATABASE "{name.replace(chr(34), chr(34) * 2)}"')
    finally:
        await connection.close()
    return database_url(dsn, name)


class EmbeddedPostgres:
    """Starts (or finds running) the server of a folder: `async with EmbeddedPostgres(path) as dsn`.

    Several processes may use one folder. `durable=False` gives up surviving a crash of the machine
    for speed. Raises `Misconfigured` when the folder cannot be used, `Transient` when the server
    does not come up in time; both say where to look.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self.data_dir = data_dir.expanduser().absolute()
        self.durable = durable
        self._child: int | None = None
        self._use: IO[bytes] | None = None

    async def start(self) -> str:
        """Make the server ready and return the DSN of its `postgres` database."""
        return await asyncio.to_thread(self._start)

    async def stop(self) -> None:
        """Leave the server; the last user shuts it down fast, which keeps what was committed."""
        await asyncio.to_thread(self._stop)

    async def __aenter__(self) -> str:
        return await self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def pid(self) -> int | None:
        """The process id of the running server, for those who measure it."""
        return pid_file(self._pgdata)[0]

    @property
    def _pgdata(self) -> Path:
        return self.data_dir / "pgdata"

    @property
    def _log(self) -> Path:
        return self.data_dir / "server.log"

    def _start(self) -> str:
        if self._use is not None:
            raise Misconfigured(f"{self.data_dir}: this server was started already")
        self._prepare_folder()
        with self._starting():
            if not self._pgdata.exists():
                self._initialise()
            if not self._is_ready():
                self._launch()
            self._use = (self.data_dir / "users.lock").open("ab")
            fcntl.flock(self._use, fcntl.LOCK_SH)
            return self._dsn()

    def _prepare_folder(self) -> None:
        try:
            make_passage(self.data_dir.parent)
            self.data_dir.mkdir(exist_ok=True)
            self.data_dir.chmod(0o700)
            give_to_server_user(self.data_dir)
        except OSError as error:
            raise Misconfigured(
                f"{self.data_dir}: cannot hold a database: {error.strerror}"
            ) from error

    @contextlib.contextmanager
    def _starting(self) -> Iterator[None]:
        with (self.data_dir / "start.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _initialise(self) -> None:
        """Create the cluster beside its place and move it there, so none is ever half made."""
        fresh = self.data_dir / "pgdata.new"
        shutil.rmtree(fresh, ignore_errors=True)
        options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"]
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
        if not self.durable:
            options.append("--no-sync")
        command = [str(binary("initdb")), "-D", str(fresh), *options]
        done = subprocess.run(
            as_server_user(command, self.data_dir),
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=environment(),
        )
        if done.returncode:
            raise Misconfigured(f"{self.data_dir}: initdb failed: {done.stderr.strip()}")
        fresh.rename(self._pgdata)

    def _launch(self) -> None:
        clear_the_way(self._pgdata)
        settings = SETTINGS | ({} if self.durable else FORGETFUL)
        buffers = buffers_mb()
        settings["shared_buffers"] = f"{buffers}MB"
        settings["effective_cache_size"] = f"{4 * buffers}MB"  # with what the kernel keeps of it
        settings["unix_socket_directories"] = str(self._new_socket_dir())
        command = [str(binary("postgres")), "-D", str(self._pgdata)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        command = as_server_user(command, self.data_dir)
        with self._log.open("ab") as log:
            # Not a child to be waited for: the server may outlive this process. In a session of
            # its own, as Ctrl-C is for us: we stop the server when we are done.
            self._child = os.posix_spawnp(
                command[0],
                command,
                environment(),
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, log.fileno(), 1),
                    (os.POSIX_SPAWN_DUP2, log.fileno(), 2),
                ],
                setsid=True,
            )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._is_ready():
            if self._child_has_ended():
                raise Misconfigured(f"PostgreSQL did not start: {self._last_words()}")
            if time.monotonic() > deadline:
                raise Transient(f"PostgreSQL is not ready yet; see {self._log}")
            time.sleep(0.02)

    def _child_has_ended(self) -> bool:
        if self._child is None:
            return True
        ended = os.waitpid(self._child, os.WNOHANG) != (0, 0)
        if ended:
            self._child = None
        return ended

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()
        return " / ".join(lines[-5:]) + f" (see {self._log})"

    def _new_socket_dir(self) -> Path:
        if len(str(self.data_dir / f".s.PGSQL.{PORT}").encode()) <= SOCKET_PATH_MAX_BYTES:
            return self.data_dir
        short = Path(tempfile.mkdtemp(prefix="arrears-pg-", dir="/tmp"))
        give_to_server_user(short)
        return short

    def _is_ready(self) -> bool:
        pid, _, status = pid_file(self._pgdata)
        return pid is not None and status == "ready" and pid in servers_of(self._pgdata)

    def _dsn(self) -> str:
        _, socket_dir, _ = pid_file(self._pgdata)
        return f"postgresql://postgres@/postgres?host={quote(str(socket_dir))}"

    def _stop(self) -> None:
        if self._use is None:
            return
        with self._starting():
            use, self._use = self._use, None
            with use:
                try:
                    fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return  # others work with it: the last of them stops it
                self._shut_down()

    def end_left(self) -> None:
        """Shut down what nobody works with any more, since its last user was killed."""
        lock = self.data_dir / "users.lock"
        with self._starting(), lock.open("ab") as use, contextlib.suppress(BlockingIOError):
            fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._shut_down()

    def _shut_down(self) -> None:
        pid, socket_dir, _ = pid_file(self._pgdata)
        if pid is None or pid not in servers_of(self._pgdata):
            return
        os.kill(pid, signal.SIGINT)  # PostgreSQL's "fast": sessions are ended, nothing is lost
        deadline = time.monotonic() + STOP_SECONDS_MAX
        while pid_file(self._pgdata)[0] is not None or servers_of(self._pgdata):
            if time.monotonic() > deadline:
                raise Transient(f"PostgreSQL does not stop; see {self._log}")
            time.sleep(0.02)
        self._child_has_ended()
        if socket_dir is not None and socket_dir != self.data_dir:
            shutil.rmtree(socket_dir, ignore_errors=True)
