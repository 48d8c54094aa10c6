"""`kubectl apply -k` applies what the chart says."""

import pytest
import yaml

from deploy.kustomize.render import HERE, SETS, files
from tests.deploy import charts


def test_the_files_are_what_the_chart_renders_now() -> None:
    expected = files(charts.tool("helm"))
    there = {path.relative_to(HERE).as_posix(): path for path in HERE.rglob("*.yaml")}
    assert there.keys() == expected.keys(), "run `make manifests`"
    for name, path in there.items():
        assert path.read_text(encoding="utf-8") == expected[name], f"{name}: run `make manifests`"


@pytest.mark.parametrize("values", SETS)
def test_an_overlay_holds_every_object_of_its_values(values: str) -> None:
    built = charts.run("kustomize", "build", str(HERE / "overlays" / values))
    assert built.returncode == 0, built.stderr
    applied = list(yaml.safe_load_all(built.stdout))
    expected = charts.manifests(values, "--no-hooks", "--set", "migrations.mode=none")
    names = {(each["kind"], each["metadata"]["name"]) for each in expected}
    found = {(each["kind"], each["metadata"]["name"]) for each in applied}
    # The Jobs that Helm would have as hooks.
    assert {kind for kind, _ in found - names} == {"Job"}
    assert names <= found
    for each in applied:
        assert each["metadata"]["namespace"] == "collections"
    for spec in charts.pods(applied).values():
        assert [each["image"] for each in spec["containers"]] == ["registry.example/arrears:0.1.0"]
