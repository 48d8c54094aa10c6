"""`start_ledger_seconds` and its like: from `arrears serve` to the first `/readyz` that says yes,
on a migrated store; `start_ledger_cpu_seconds` is what the process used until then.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from arrears import schemas
from arrears.databases import open_databases
from bench.meter import cpu_of_tree
from chassis.settings import SERVICES, Settings

_ARREARS = [sys.executable, "-c", "from arrears.cli import main; main()"]
_POLL_SECONDS = 0.02
_TIMES = 3


async def measure() -> dict[str, float]:
    """The quickest of three starts of each service: the first fills the machine's caches."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="arrears-bench-") as folder:
        settings = Settings(data_dir=Path(folder), bus="embedded").without_databases()
        async with open_databases(settings, durable=False) as databases:
            await schemas.migrate(databases)
            for name in SERVICES:
                starts = [_start(name, folder, databases.services[name]) for _ in range(_TIMES)]
                figures[f"start_{name}_seconds"] = min(seconds for seconds, _ in starts)
                figures[f"start_{name}_cpu_seconds"] = min(used for _, used in starts)
    return {name: round(figure, 2) for name, figure in figures.items()}


def _start(service: str, folder: str, dsn: str) -> tuple[float, float]:
    """Seconds until a service is ready, and processor seconds of its process until then."""
    port = _free_port()
    environment = _environment(service, folder, dsn, port)
    began = time.perf_counter()
    process = subprocess.Popen(
        [*_ARREARS, "serve", service], env=environment, stdout=subprocess.DEVNULL
    )
    try:
        while not _is_ready(port):
            if process.poll() is not None:
                raise RuntimeError(f"{service} ended with {process.returncode}")
            time.sleep(_POLL_SECONDS)
        return time.perf_counter() - began, cpu_of_tree(process.pid)
    finally:
        process.terminate()
        process.wait()


def _environment(service: str, folder: str, dsn: str, port: int) -> Mapping[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("ARREARS_")}
    return {
        **others,
        f"ARREARS_{service.upper()}_PORT": str(port),
        "ARREARS_DATA_DIR": folder,
        "ARREARS_DATABASE_URL": dsn,
        "ARREARS_LOG_LEVEL": "warning",
    }


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).is_success
    except httpx.TransportError:
        return False
