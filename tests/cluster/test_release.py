"""What a day gives the chart is what the chart takes; the day itself is `make cluster`."""

from pathlib import Path

import pytest
import yaml

from tests.cluster.outside import Outside
from tests.cluster.release import CHART, Release
from tests.deploy import charts
from tests.deploy.charts import of_kind, pods
from tests.secured.servers import programs


@pytest.fixture
def release(tmp_path: Path) -> Release:
    if programs() is None:
        pytest.skip("no PostgreSQL with TLS here (install postgresql)")
    return Release(tmp_path / "day", Outside(tmp_path))


def test_two_instances_of_each_with_a_folder_in_common(release: Release, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(yaml.safe_dump(release.values("{}")))
    known = ("--kube-version", charts.KUBERNETES)
    done = charts.run("helm", "template", "arrears", str(CHART), *known, "-f", str(own))
    assert done.returncode == 0, done.stderr
    found = [each for each in yaml.safe_load_all(done.stdout) if each]
    deployments = of_kind(found, "Deployment")
    assert {name: one["spec"]["replicas"] for name, one in deployments.items()} == {
        f"arrears-{service}": 2 for service in charts.SERVICES
    }
    for name in deployments:
        volumes = pods(found)[f"Deployment/{name}"]["volumes"]
        assert {"claimName": "arrears-data"} in [v.get("persistentVolumeClaim") for v in volumes]
