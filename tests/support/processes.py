"""The command `arrears` in processes of its own, as a person or a deployment runs it."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx

SERVICES = ("ledger", "dunning", "notifier", "legal")
ARREARS = [sys.executable, "-c", "from arrears.cli import main; main()"]
READY_SECONDS_MAX = 180.0
ROOT = Path(__file__).parents[2]


_PORTS = range(12_000, 32_000)
"""Below those that systems give to whoever asks for any: what is stopped finds its port again."""
_given: set[int] = set()


def free_ports(number: int) -> list[int]:
    """Ports nobody listens on, drawn by chance so that test runs side by side get others; none is
    given twice, since whoever has it may listen later.
    """
    found: list[int] = []
    while len(found) < number:
        port = random.SystemRandom().choice(_ours())
        if port in _given:
            continue
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
            _given.add(port)
    return found


def _ours() -> range:
    """Each worker of a run has ports of its own."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return _PORTS[worker::workers]


def as_settings(apis: Mapping[str, int], operations: Mapping[str, int]) -> dict[str, str]:
    """The ports of some services as processes are told."""
    found = {f"ARREARS_{name.upper()}_PORT": str(port) for name, port in apis.items()}
    return found | {
        f"ARREARS_{name.upper()}_OPERATIONS_PORT": str(port) for name, port in operations.items()
    }


class System:
    """A data folder and four ports; `running` starts the services on them."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
        self.operations = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
        named = as_settings(self.ports, self.operations)
        paths = {"ARREARS_DATA_DIR": str(folder / "data"), "PYTHONPATH": str(ROOT)}
        given = {f"ARREARS_{name.upper()}": value for name, value in settings.items()}
        self.environment = {**os.environ, **named, **paths, **given}
        self.folder = folder

    def arrears(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*ARREARS, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
        )

    @contextmanager
    def running(self, *commands: str) -> Iterator[None]:
        """Each command is a process, all started at once; `up` when none is given."""
        with ExitStack() as exits:
            processes = [
                exits.enter_context(self._process(command)) for command in commands or ("up",)
            ]
            self._wait_until_ready(processes)
            yield

    @contextmanager
    def _process(self, command: str) -> Iterator["subprocess.Popen[bytes]"]:
        with self.log.open("a") as log:
            process = subprocess.Popen(
                [*ARREARS, *command.split()],
                env=self.environment,
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            status = process.wait(60)
        assert status == 0, self.log.read_text()

    @property
    def log(self) -> Path:
        """What the processes said."""
        return self.folder / "up.log"

    def _wait_until_ready(self, processes: "list[subprocess.Popen[bytes]]") -> None:
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not all(self.readiness(name) for name in SERVICES):
            said = self.log.read_text()
            assert all(process.poll() is None for process in processes), said
            assert time.monotonic() < deadline, said
            time.sleep(0.1)

    def readiness(self, service: str) -> Mapping[str, object]:
        """What a service's `/readyz` says; nothing while it is not ready."""
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.ports[service]}/readyz")
        except httpx.TransportError:
            return {}
        return dict(answer.json()) if answer.is_success else {}

    def call(self, service: str, method: str, path: str, role: str, body: object = None) -> object:
        token = self.arrears("token", "--role", role).stdout.strip()
        url = f"http://127.0.0.1:{self.ports[service]}{path}"
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.request(method, url, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    def principal(self, account: str) -> int:
        path = f"/v1/accounts/{account}/balance?creditor=mobile"
        balance = self.call("ledger", "GET", path, "auditor")
        assert isinstance(balance, dict)
        return int(balance["principal"])
