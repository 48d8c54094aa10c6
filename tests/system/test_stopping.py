"""A process that is asked to end: polite to who asks it something, and quick when asked again."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.processes import ARREARS, System

_SECONDS_MAX = 120.0
Start = Callable[[int], "subprocess.Popen[bytes]"]


@pytest.fixture
def system(database: str, tmp_path: Path) -> System:
    made = System(tmp_path, database_url=database, partitions="2")
    laid_out = made.arrears("migrate", "ledger", "bus")
    assert laid_out.returncode == 0, laid_out.stderr
    return made


@pytest.fixture
def start(system: System) -> Iterator[Start]:
    """Start the ledger, with so many seconds for requests after SIGTERM; killed in the end."""
    processes: list[subprocess.Popen[bytes]] = []

    def started(drain_seconds: int) -> "subprocess.Popen[bytes]":
        environment = system.environment | {"ARREARS_DRAIN_SECONDS": str(drain_seconds)}
        with system.log.open("a") as log:
            processes.append(
                subprocess.Popen([*ARREARS, "serve", "ledger"], env=environment, stderr=log)
            )
        _until(lambda: bool(system.readiness("ledger")), system)
        return processes[-1]

    yield started
    for process in processes:
        process.kill()
        process.wait()


def _until(is_so: Callable[[], bool], system: System) -> None:
    deadline = time.monotonic() + _SECONDS_MAX
    while not is_so():
        assert time.monotonic() < deadline, system.log.read_text()
        time.sleep(0.05)


def test_requests_are_answered_while_readiness_sends_them_elsewhere(
    system: System, start: Start
) -> None:
    process = start(4)
    url = f"http://127.0.0.1:{system.ports['ledger']}"
    with httpx.Client(base_url=url) as client:
        assert "connection" not in client.get("/livez").headers
        process.send_signal(signal.SIGTERM)
        _until(lambda: client.get("/readyz").status_code == 503, system)
        unready, alive = client.get("/readyz"), client.get("/livez")
    assert unready.json()["detail"] == "not ready: this instance is stopping"
    assert alive.status_code == 200
    assert alive.headers["connection"] == unready.headers["connection"] == "close"
    assert process.wait(_SECONDS_MAX) == 0


def test_a_second_signal_ends_the_process_at_once(system: System, start: Start) -> None:
    process = start(300)
    process.send_signal(signal.SIGTERM)
    _until(lambda: not system.readiness("ledger"), system)
    process.send_signal(signal.SIGTERM)
    assert process.wait(_SECONDS_MAX) == -signal.SIGTERM
