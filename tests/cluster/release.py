"""The release under test: installed as docs/operations.md has it, two instances of each service."""

import base64
import json
import shutil
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from chassis.http import dev_keys
from chassis.settings import SERVICES, ServiceName
from tests.chaos.telling import set_up_creditors
from tests.cluster.commands import KUBE, NAMESPACE, TOP, apply, helm, kubectl, run
from tests.cluster.outside import HOST, Outside
from tests.faults.clock import ShiftedClock
from tests.faults.watching import LANES

IMAGE = "localhost/arrears-clocked"
TAGS = ("before", "after")
CHART = TOP / "deploy/helm/arrears"
_SECRET = "of the tests, and of nobody else at all"
_KEK = base64.b64encode(b"The key of a cluster's day, 32 b").decode()
_POD_SECURITY = {"pod-security.kubernetes.io/enforce": "restricted"}


async def make_image(archive: Path) -> str:
    """The image of `make image` in the cluster, with a clock that can be set; returns its name."""
    name = (await run(KUBE / "image.sh", "import", archive)).strip()
    with tempfile.TemporaryDirectory() as context:
        clocked = shutil.copytree(TOP / "tests/cluster/clocked", context, dirs_exist_ok=True)
        clock = Path(clocked) / "tests/faults/clock.py"
        clock.parent.mkdir(parents=True)
        shutil.copy(TOP / "tests/faults/clock.py", clock)
        for tag in TAGS:
            await run(KUBE / "image.sh", "build", f"{IMAGE}:{tag}", context, f"IMAGE={name}")
    return name


class Release:
    """One installation; its instances share a folder of this machine as their data."""

    def __init__(self, folder: Path, outside: Outside) -> None:
        self._folder, self._outside = folder, outside
        self.data = folder / "data"
        self.dsns: dict[ServiceName, str] = {}
        for path in (folder, self.data):
            path.mkdir()
            path.chmod(0o777)  # the image's user is nobody of this machine
        self._provider = outside.provider(folder)
        self.gateway_log = self._provider.log
        self._clock = ShiftedClock(self.data / "clock")
        (self.data / "clock").chmod(0o666)

    def set_clock(self, to: datetime) -> None:
        self._clock.set(to)

    async def install(self) -> None:
        """From no namespace to a release that answers `helm test`, with its creditors."""
        self._provider.start()
        urls = await self._outside.empty(self._folder.name)
        self.dsns = {name: ours for name, (_, ours) in urls.items()}
        await apply(_named("Namespace", NAMESPACE, labels=_POD_SECURITY))
        await self._secrets({name: theirs for name, (theirs, _) in urls.items()})
        await self._volume()
        jwks = dev_keys.ensure(self._folder / "keys").read_text()
        values = self._folder / "own.yaml"
        values.write_text(yaml.safe_dump(self.values(jwks)))
        tag = ("--set", f"image.tag={TAGS[0]}")
        await helm("install", "arrears", CHART, "-f", values, *tag, "--wait", "--timeout", "5m")
        await helm("test", "arrears")
        address = await kubectl(
            "get", "service", "arrears-dunning", "-o", "jsonpath={.spec.clusterIP}"
        )
        token = dev_keys.mint_token(self._folder / "keys", ["manager"])
        await set_up_creditors(f"http://{address}", token)

    async def upgrade(self) -> None:
        """Replace every instance, as for another version."""
        values = self._folder / "own.yaml"
        tag = ("--set", f"image.tag={TAGS[1]}")
        await helm("upgrade", "arrears", CHART, "-f", values, *tag, "--wait", "--timeout", "5m")

    async def remove(self) -> None:
        await self._provider.kill()
        await run("kubectl", "delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait")
        await run("kubectl", "delete", "pv", "arrears-data", "--ignore-not-found", "--wait")

    async def _secrets(self, urls: Mapping[ServiceName, str]) -> None:
        ca = {"ca.crt": self._outside.authority.ca.read_text()}
        secrets: dict[str, Mapping[str, str]] = {
            "arrears-kek": {"kek": _KEK},
            "arrears-kafka": {"password": self._outside.password},
            "arrears-databases": {str(name): url for name, url in urls.items()},
            "authority": ca,
            "sms": {"secret": _SECRET, "callbacks": json.dumps({"sms": _SECRET})},
        }
        await apply(*[_named("Secret", one, stringData=held) for one, held in secrets.items()])

    async def _volume(self) -> None:
        size = {"storage": "1Gi"}
        common = {"accessModes": ["ReadWriteMany"], "storageClassName": ""}
        place = {"path": str(self.data)}
        volume = {**common, "capacity": size, "hostPath": place}
        claim = {**common, "volumeName": "arrears-data", "resources": {"requests": size}}
        await apply(
            _named("PersistentVolume", "arrears-data", spec=volume),
            _named("PersistentVolumeClaim", "arrears-data", spec=claim),
        )

    def values(self, jwks: str) -> dict[str, Any]:
        outside = self._outside
        authority = {"secret": "authority", "key": "ca.crt"}
        database = {"existingSecret": "arrears-databases", "ca": authority}
        here = [{"ipBlock": {"cidr": f"{HOST}/24"}}]
        services: dict[str, Any] = {name: {"database": {"key": name}} for name in SERVICES}
        services["notifier"] |= {
            "settings": {"ARREARS_NOTIFIER_SMS_URL": f"http://{HOST}:{outside.sms_port}"},
            "secretSettings": {
                "ARREARS_NOTIFIER_SMS_SECRET": {"secret": "sms", "key": "secret"},
                "ARREARS_NOTIFIER_CALLBACK_SECRETS": {"secret": "sms", "key": "callbacks"},
            },
        }
        return {
            "image": {"repository": IMAGE, "pullPolicy": "Never"},
            "partitions": LANES,
            "plaintext": ["apis", "sms"],
            "kafka": {
                "bootstrap": outside.kafka,
                "username": outside.username,
                "password": {"existingSecret": "arrears-kafka"},
                "ca": authority,
                "replicationFactor": 1,
                "minInsyncReplicas": 1,
            },
            "kek": {"existingSecret": "arrears-kek"},
            "auth": {"jwks": jwks, "issuer": dev_keys.ISSUER, "audience": dev_keys.AUDIENCE},
            "defaults": {
                "database": database,
                "data": {"existingClaim": "arrears-data"},
                # All eight have to fit on one node of two cores while the other is drained.
                "resources": {"requests": {"cpu": "50m"}},
            },
            "services": services,
            "networkPolicy": {
                "postgres": {"to": here, "ports": [outside.postgres.port]},
                "kafka": {"to": here, "ports": [int(outside.kafka.rpartition(":")[2])]},
                "gateways": {"to": here, "ports": [outside.sms_port]},
                "apiFrom": here,
            },
        }


def _named(kind: str, name: str, labels: Mapping[str, str] | None = None, **rest: Any) -> Any:
    metadata = {"name": name, "labels": labels or {}}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **rest}
