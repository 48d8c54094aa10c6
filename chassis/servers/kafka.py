"""A local Kafka broker (KRaft, one node) for `make kafka`, tests and measurements.

Its jars come through Maven, once, into `deploy/kafka/lib`; what is fetched stands in
`deploy/kafka/pom.xml`, how the broker is set up in `deploy/kafka/server.properties`.
"""

import asyncio
import contextlib
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from chassis.errors import Misconfigured, Transient
from chassis.private import make_folder, make_passage
from chassis.servers import jars

HOME = Path(__file__).resolve().parents[2] / "deploy" / "kafka"
CLUSTER_ID = "YXJyZWFycy1sb2NhbC0xMA"  # 16 bytes in base64url, as Kafka wants it; any will do
HEAP = ("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC")
START_SECONDS_MAX = 90.0
STOP_SECONDS_MAX = 30.0


def available() -> str | None:
    """Why no broker can be started here, in a few words; None when one can."""
    if not (HOME / "pom.xml").is_file():
        return f"{HOME}/pom.xml is not there: a local Kafka is started from a checkout"
    return jars.unavailable(HOME)


class LocalKafka:
    """One broker with its data in a folder: `async with LocalKafka(path) as bootstrap`.

    Port 0 picks a free one; `more` are lines after those of `server.properties`, with the same
    places to fill in. Topics are not created by themselves. Raises `Misconfigured` when Java, Maven
    or the jars are missing or the broker ends at once, `Transient` when it does not answer in time.
    """

    def __init__(self, data_dir: Path, port: int = 0, more: str = "") -> None:
        self.data_dir = data_dir.expanduser().absolute()
        self.port = port
        self.more = more
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the running broker, for those who kill or measure it."""
        return None if self._process is None else self._process.pid

    @property
    def log(self) -> Path:
        """Where the broker's warnings are written."""
        return self.data_dir / "broker.log"

    async def start(self) -> str:
        """Fetch the jars if need be, start the broker, wait for it; returns host:port."""
        reason = available()
        if reason is not None:
            raise Misconfigured(f"no Kafka here: {reason}")
        if self._process is not None:
            raise Misconfigured(f"{self.data_dir}: this broker was started already")
        await asyncio.to_thread(self._launch)
        bootstrap = f"127.0.0.1:{self.port}"
        try:
            await self._wait_until_it_answers(bootstrap)
        except BaseException:
            await self.stop()
            raise
        return bootstrap

    async def stop(self) -> None:
        """Shut the broker down in order, or kill it when that takes too long."""
        process, self._process = self._process, None
        if process is not None:
            await asyncio.to_thread(_end, process)

    async def wait(self) -> int:
        """Wait until the broker ends by itself; returns its exit status."""
        if self._process is None:
            raise Misconfigured(f"{self.data_dir}: this broker was not started")
        return await asyncio.to_thread(self._process.wait)

    async def __aenter__(self) -> str:
        return await self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    def _launch(self) -> None:
        lib = jars.fetch(HOME)
        make_passage(self.data_dir.parent)
        make_folder(self.data_dir)
        settings = self._write_settings()
        if not (self.data_dir / "log" / "meta.properties").exists():
            self._format(lib, settings)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._java(lib, "kafka.Kafka", str(settings)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us: we stop the broker when we are done
            )

    def _write_settings(self) -> Path:
        ports = _free_ports(self.port, 0)
        self.port = ports[0]
        template = (HOME / "server.properties").read_text() + self.more
        settings = self.data_dir / "server.properties"
        values = {"data_dir": self.data_dir, "port": self.port, "controller_port": ports[1]}
        settings.write_text(template.format(**values))
        return settings

    def _format(self, lib: Path, settings: Path) -> None:
        arguments = ("format", "--cluster-id", CLUSTER_ID, "--config", str(settings))
        done = subprocess.run(
            self._java(lib, "kafka.tools.StorageTool", *arguments),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Misconfigured(f"{self.data_dir}: Kafka cannot format it: {done.stderr.strip()}")

    def _java(self, lib: Path, main: str, *arguments: str) -> list[str]:
        logging = f"-Dlog4j2.configurationFile={HOME / 'log4j2.yaml'}"
        return ["java", *HEAP, logging, "-cp", f"{lib}/*", main, *arguments]

    async def _wait_until_it_answers(self, bootstrap: str) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while not await _answers(self.port, bootstrap):
            if self._process is None or self._process.poll() is not None:
                lines = self.log.read_text(errors="replace").splitlines()
                raise Misconfigured(
                    f"Kafka did not start: {' / '.join(lines[-3:])} (see {self.log})"
                )
            if time.monotonic() > deadline:
                raise Transient(f"Kafka does not answer on {bootstrap}; see {self.log}")
            await asyncio.sleep(0.1)


async def _answers(port: int, bootstrap: str) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    client = AIOKafkaClient(bootstrap_servers=bootstrap)
    try:
        await client.bootstrap()
    except KafkaError:
        return False
    else:
        return bool(client.cluster.brokers())
    finally:
        await client.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_ports(*wanted: int) -> list[int]:
    """As many ports as asked for, 0 standing for any; a wanted one that is taken is an error."""
    found = []
    with contextlib.ExitStack() as stack:
        for port in wanted:
            each = stack.enter_context(socket.socket())
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                each.bind(("127.0.0.1", port))
            except OSError as error:
                raise Misconfigured(f"no Kafka on port {port}: {error.strerror}") from error
            found.append(int(each.getsockname()[1]))
    return found
