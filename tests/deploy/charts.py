"""The chart as Helm renders it, and the programs that look at what comes out."""

import functools
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.support.missing import give_up

TOP = Path(__file__).parents[2]
HELM = TOP / "deploy/helm"
CHART = HELM / "arrears"
SETS = ("small", "secured", "large", "everything")
SERVICES = ("ledger", "dunning", "notifier", "legal")
KUBERNETES = "1.34"
# The Go module below deploy/tools that each program is a tool of.
MODULES = {"helm": "kube", "kustomize": "kube", "kube-score": "score"}

Manifest = Mapping[str, Any]


@functools.cache
def tool(name: str) -> str:
    """The path of a program, built once per machine."""
    script = TOP / "deploy/tools/build.sh"
    built = subprocess.run([script, MODULES[name]], check=False, capture_output=True, text=True)
    if built.returncode != 0:
        give_up(f"no {name} here: {built.stderr[-300:]}")
    return str(Path(built.stdout.strip()) / name)


def run(name: str, *arguments: str, given: str | None = None) -> "subprocess.CompletedProcess[str]":
    """Run one of the tools."""
    command = [tool(name), *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, input=given)


@functools.cache
def rendered(values: str, *more: str) -> str:
    """The manifests of one of the value sets; `more` are further arguments of `helm template`."""
    done = template(values, *more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def template(values: str, *more: str) -> "subprocess.CompletedProcess[str]":
    file = str(HELM / f"values/{values}.yaml")
    known = ("--kube-version", KUBERNETES)
    return run(
        "helm", "template", "arrears", str(CHART), "-n", "collections", *known, "-f", file, *more
    )


@functools.cache
def manifests(values: str, *more: str) -> Sequence[Manifest]:
    """The manifests of a value set, parsed."""
    parsed = yaml.load_all(rendered(values, *more), Loader=yaml.CSafeLoader)
    return tuple(each for each in parsed if each)


def of_kind(found: Sequence[Manifest], kind: str) -> dict[str, Manifest]:
    """Those of a kind by name."""
    return {each["metadata"]["name"]: each for each in found if each["kind"] == kind}


def of_services(found: Sequence[Manifest]) -> dict[str, Manifest]:
    """The Deployments of the services by name."""
    component = "app.kubernetes.io/component"
    deployments = of_kind(found, "Deployment")
    return {n: e for n, e in deployments.items() if e["metadata"]["labels"][component] in SERVICES}


def pods(found: Sequence[Manifest]) -> dict[str, Manifest]:
    """The spec of every pod that comes of the manifests, by kind and name."""
    specs = {}
    for each in found:
        name = f"{each['kind']}/{each['metadata']['name']}"
        if each["kind"] == "Pod":
            specs[name] = each["spec"]
        elif each["kind"] in {"Deployment", "Job"}:
            specs[name] = each["spec"]["template"]["spec"]
        elif each["kind"] == "CronJob":
            specs[name] = each["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return specs


def values_schema() -> Any:
    return json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
