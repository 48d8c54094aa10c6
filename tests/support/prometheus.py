"""A real Prometheus that scrapes services on this machine, of Debian's package."""

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.support.debian import program
from tests.support.processes import free_ports

_READY_SECONDS_MAX = 60.0


class Prometheus:
    """What one Prometheus knows."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def ask(self, query: str) -> list[dict[str, Any]]:
        """What a query answers at this moment; raises for one that cannot be answered."""
        answer = httpx.get(f"{self._url}/api/v1/query", params={"query": query}, timeout=30)
        said = answer.json()
        assert said["status"] == "success", f"{query}: {said.get('error')}"
        result = said["data"]["result"]
        return [{"value": result}] if said["data"]["resultType"] == "scalar" else list(result)

    def number(self, query: str) -> float:
        """The sum of what a query answers; 0 where it answers nothing."""
        return sum(float(one["value"][1]) for one in self.ask(query))

    def rules(self) -> list[dict[str, Any]]:
        """Every rule, with its health and its state."""
        groups = httpx.get(f"{self._url}/api/v1/rules", timeout=30).json()["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def is_ready(self) -> bool:
        """Whether it answers."""
        try:
            return httpx.get(f"{self._url}/-/ready").is_success
        except httpx.TransportError:
            return False


@contextmanager
def scraping(folder: Path, ports: Mapping[str, int], rules: Sequence[Path]) -> Iterator[Prometheus]:
    """A Prometheus that looks at some services each second."""
    (port,) = free_ports(1)
    targets = [{"targets": [f"127.0.0.1:{one}"]} for one in ports.values()]
    settings = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "2s"},
        "rule_files": [str(path) for path in rules],
        "scrape_configs": [
            {"job_name": "arrears", "honor_labels": True, "static_configs": targets}
        ],
    }
    config = folder / "prometheus.yaml"
    config.write_text(yaml.safe_dump(settings), "utf-8")
    log = folder / "prometheus.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                str(program("prometheus", "usr/bin/prometheus")),
                f"--config.file={config}",
                f"--storage.tsdb.path={folder / 'prometheus'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=output,
            stderr=output,
        )
    try:
        prometheus = Prometheus(port)
        deadline = time.monotonic() + _READY_SECONDS_MAX
        while not prometheus.is_ready():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield prometheus
    finally:
        process.terminate()
        process.wait(30)
