"""What `docs/operations.md` has an operator write down fits the chart and the command."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import typer
import yaml

from arrears.cli import app
from tests.deploy import charts
from tests.deploy.charts import TOP, Manifest, of_kind, pods

DOCUMENT = (TOP / "docs/operations.md").read_text(encoding="utf-8")
BLOCKS = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
CLAIMS, OWN, _SCRAPING = BLOCKS.findall(DOCUMENT)
SECRET = re.compile(r"secret generic ([\w-]+)((?:[^\n]*\\\n)*[^\n]*)")
COMMAND = re.compile(
    r"(?:\.venv/bin/|`|exec deployment/arrears-operator -- |in-operator )arrears ([a-z-]+)"
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Manifest]:
    """The release of the document's `own.yaml`, and the volumes it is given."""
    file: Path = tmp_path_factory.mktemp("operations") / "own.yaml"
    file.write_text(OWN)
    known = ("--kube-version", charts.KUBERNETES, "-n", "collections", "-f", str(file))
    done = charts.run("helm", "template", "arrears", str(charts.CHART), *known)
    assert done.returncode == 0, done.stderr
    return [each for each in yaml.safe_load_all(f"{done.stdout}\n---\n{CLAIMS}") if each]


def _asked_for(found: list[Manifest]) -> Iterator[tuple[str, str]]:
    for spec in pods(found).values():
        variables: list[Any] = [one for c in spec["containers"] for one in c.get("env", [])]
        for source in (one["valueFrom"] for one in variables if "valueFrom" in one):
            if "secretKeyRef" in source:
                yield source["secretKeyRef"]["name"], source["secretKeyRef"]["key"]
        for volume in spec.get("volumes", ()):
            if "secret" in volume:
                yield volume["secret"]["secretName"], "ca.crt"


def test_every_secret_that_is_asked_for_is_made_before(found: list[Manifest]) -> None:
    made = {
        (name, key)
        for name, rest in SECRET.findall(DOCUMENT)
        for key in re.findall(r"--from-(?:literal|file)=([\w.]+)=", rest)
    }
    assert made == set(_asked_for(found))


def test_every_volume_that_is_asked_for_is_made_before(found: list[Manifest]) -> None:
    claims = of_kind(found, "PersistentVolumeClaim")
    for claim in claims.values():
        kubernetes_validate.validate(claim, charts.KUBERNETES, strict=True)
    volumes = [each for spec in pods(found).values() for each in spec.get("volumes", ())]
    used = [each["persistentVolumeClaim"] for each in volumes if "persistentVolumeClaim" in each]
    assert {each["claimName"] for each in used} == claims.keys()


def test_every_pod_it_works_in_is_there(found: list[Manifest]) -> None:
    named = set(re.findall(r"exec deployment/([\w-]+)", DOCUMENT))
    assert named
    assert named <= of_kind(found, "Deployment").keys()
    jobs = set(re.findall(r"--from=cronjob/([\w-]+)", DOCUMENT))
    assert jobs == of_kind(found, "CronJob").keys()


def test_every_command_it_names_is_there() -> None:
    there = typer.main.get_group(app).commands
    named = set(COMMAND.findall(DOCUMENT))
    assert len(named) > 5
    assert named <= set(there)
