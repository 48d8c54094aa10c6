"""What `docs/operations.md` has an operator write down fits the chart and the command."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from arrears.cli import app
from tests.deploy import charts
from tests.deploy.charts import TOP, Manifest, of_kind, pods

DOCUMENT = (TOP / "docs/operations.md").read_text(encoding="utf-8")
BLOCKS = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
SECRET = re.compile(r"secret generic ([\w-]+)((?:[^\n]*\\\n)*[^\n]*)")
COMMAND = re.compile(r"(?:\.venv/bin/|`|exec operator -- )arrears ([a-z-]+)")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Manifest]:
    """The release of the document's `own.yaml`, and its pod for commands."""
    own, operator = BLOCKS.findall(DOCUMENT)
    file: Path = tmp_path_factory.mktemp("operations") / "own.yaml"
    file.write_text(own)
    known = ("--kube-version", charts.KUBERNETES, "-n", "collections", "-f", str(file))
    done = charts.run("helm", "template", "arrears", str(charts.CHART), *known)
    assert done.returncode == 0, done.stderr
    return [each for each in yaml.safe_load_all(done.stdout) if each] + [yaml.safe_load(operator)]


def _asked_for(found: list[Manifest]) -> Iterator[tuple[str, str]]:
    for spec in pods(found).values():
        variables: list[Any] = [one for c in spec["containers"] for one in c.get("env", [])]
        for source in (one["valueFrom"] for one in variables if "valueFrom" in one):
            if "secretKeyRef" in source:
                yield source["secretKeyRef"]["name"], source["secretKeyRef"]["key"]


def test_every_secret_that_is_asked_for_is_made_before(found: list[Manifest]) -> None:
    made = {
        (name, key)
        for name, rest in SECRET.findall(DOCUMENT)
        for key in re.findall(r"--from-literal=(\w+)=", rest)
    }
    assert made == set(_asked_for(found))


def test_the_pod_for_commands_has_the_settings_of_a_service(found: list[Manifest]) -> None:
    container = pods(found)["Pod/operator"]["containers"][0]
    (source,) = container["envFrom"]
    assert source["configMapRef"]["name"] in of_kind(found, "ConfigMap")
    served = pods(found)["Deployment/arrears-dunning"]["containers"][0]
    assert container["image"] == served["image"]
    given = {one["name"] for one in container["env"]}
    assert given >= {one["name"] for one in served["env"] if "secretKeyRef" in one["valueFrom"]}


def test_every_command_it_names_is_there() -> None:
    there = typer.main.get_group(app).commands
    named = set(COMMAND.findall(DOCUMENT))
    assert len(named) > 5
    assert named <= set(there)
