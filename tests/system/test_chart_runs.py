"""What the chart tells the containers is enough: the schemas are made, the services get ready."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.deploy import charts
from tests.deploy.charts import SERVICES, Manifest, of_kind, of_services, pods
from tests.support.processes import ARREARS, READY_SECONDS_MAX, ROOT, as_settings, free_ports

KEK = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


class Cluster:
    """The containers of the chart's smallest values as processes on this machine."""

    def __init__(self, folder: Path, dsn: str) -> None:
        # The test's server has no certificate.
        modes = "defaults.database.sslMode=prefer,busDatabase.sslMode=prefer"
        more = "operator.enabled=true,backup.enabled=true,backup.existingClaim=backups"
        self.manifests = charts.manifests("small", "--set", modes, "--set", more)
        self.folder = folder
        self.secrets = {"arrears-database": dsn, "arrears-kek": KEK}
        self.backups = folder / "backups"
        self.ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
        self.operations = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))

    def environment(self, container: Any) -> Mapping[str, str]:
        """What the container is told; only where it is is this machine's."""
        told: dict[str, str] = {}
        for source in container.get("envFrom", []):
            name = source["configMapRef"]["name"]
            told |= of_kind(self.manifests, "ConfigMap")[name]["data"]
        for each in container["env"]:
            named = each.get("valueFrom", {}).get("secretKeyRef", {}).get("name")
            told[each["name"]] = self.secrets[named] if named else each["value"]
        here = as_settings(self.ports, self.operations)
        here |= dict.fromkeys(("ARREARS_HOST", "ARREARS_OPERATIONS_HOST"), "127.0.0.1")
        here |= {"ARREARS_DATA_DIR": str(self.folder)}
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        inherited["PATH"] = f"{Path(sys.executable).parent}:{inherited['PATH']}"
        return {**inherited, **told, **here, "PYTHONPATH": str(ROOT)}

    def migrate(self) -> None:
        for job in of_kind(self.manifests, "Job").values():
            container = _container(job)
            done = subprocess.run(
                [*ARREARS, *container["args"]],
                env=self.environment(container),
                cwd=self.folder,
                check=False,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stderr

    def run(self, pod: str, script: str = "") -> str:
        """What a pod's own script, or one in its container, prints; `/backups` is a folder here."""
        (container,) = pods(self.manifests)[pod]["containers"]
        (own,) = container["args"]
        done = subprocess.run(
            [*container["command"], (script or own).replace("/backups", str(self.backups))],
            env=self.environment(container),
            cwd=self.folder,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def serving(self) -> Iterator[None]:
        deployments = of_services(self.manifests).values()
        with ExitStack() as exits:
            for deployment in deployments:
                exits.enter_context(self._process(_container(deployment)))
            yield

    @contextmanager
    def _process(self, container: Any) -> Iterator[None]:
        log = self.folder / f"{container['name']}.log"
        with log.open("w") as to:
            process = subprocess.Popen(
                [*ARREARS, *container["args"]],
                env=self.environment(container),
                cwd=self.folder,
                stdout=to,
                stderr=to,
            )
        try:
            yield
        finally:
            process.terminate()
            status = process.wait(60)
        assert status == 0, log.read_text()

    def ready(self, *probes: str) -> None:
        """Wait until the probes of all services succeed."""
        containers = [_container(each) for each in of_services(self.manifests).values()]
        waiting = [(each, probe) for each in containers for probe in probes]
        deadline = time.monotonic() + READY_SECONDS_MAX
        while waiting := [one for one in waiting if not self.answers(*one)]:
            assert time.monotonic() < deadline, waiting
            time.sleep(0.1)

    def answers(self, container: Any, probe: str) -> bool:
        path = container[probe]["httpGet"]["path"]
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.ports[container['name']]}{path}")
        except httpx.TransportError:
            return False
        return answer.is_success


def _container(manifest: Manifest) -> Any:
    (only,) = manifest["spec"]["template"]["spec"]["containers"]
    return only


@pytest.fixture
def cluster(tmp_path: Path, database: str) -> Cluster:
    return Cluster(tmp_path, database)


def test_the_jobs_make_the_schemas_and_every_probe_succeeds(cluster: Cluster) -> None:
    cluster.migrate()
    with cluster.serving():
        cluster.ready("startupProbe", "livenessProbe", "readinessProbe")


def test_the_nightly_backup_is_made_and_takes_the_oldest_away(cluster: Cluster) -> None:
    cluster.migrate()
    with cluster.serving():
        cluster.ready("readinessProbe")
    cluster.backups.mkdir()
    old, cut_off, of_somebody = "nightly-20200101T021500Z", ".nightly-20200102.ab", "before-0.2.0"
    for name in (old, cut_off, of_somebody):
        (cluster.backups / name).mkdir()
        os.utime(cluster.backups / name, (0, 0))
    cluster.run("CronJob/arrears-backup")
    left = {each.name for each in cluster.backups.iterdir()}
    (made,) = left - {of_somebody}
    assert of_somebody in left
    assert made > old
    checked = cluster.run(
        "Deployment/arrears-operator", f"arrears restore --check --from /backups/{made}"
    )
    assert "is whole" in checked


def test_the_operator_reaches_all_stores(cluster: Cluster) -> None:
    cluster.migrate()
    said = cluster.run("Deployment/arrears-operator", "arrears migrate --check")
    assert [line.partition(":")[0] for line in said.splitlines()] == [*SERVICES, "bus"]
