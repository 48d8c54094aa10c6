"""What the chart makes of that which a cluster has already."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy import charts
from tests.deploy.charts import of_services

_DEPLOYMENT = {"name": "deployments", "kind": "Deployment", "namespaced": True, "verbs": ["get"]}
_APPS = {"groupVersion": "apps/v1", "version": "v1"}
DISCOVERY: Mapping[str, Any] = {
    "/version": {"major": "1", "minor": "34", "gitVersion": "v1.34.0"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": []},
    "/apis": {
        "kind": "APIGroupList",
        "groups": [{"name": "apps", "versions": [_APPS], "preferredVersion": _APPS}],
    },
    "/apis/apps/v1": {
        "kind": "APIResourceList",
        "groupVersion": "apps/v1",
        "resources": [_DEPLOYMENT],
    },
}
AT_WORK = 5


def _answer(path: str) -> Any:
    deployments = "/apis/apps/v1/namespaces/collections/deployments/"
    if path.startswith(deployments):
        metadata = {"name": path.removeprefix(deployments), "namespace": "collections"}
        kind = {"apiVersion": "apps/v1", "kind": "Deployment"}
        return {**kind, "metadata": metadata, "spec": {"replicas": AT_WORK}}
    return DISCOVERY.get(path)


@contextmanager
def _cluster(folder: Path) -> Iterator[Path]:
    """The kubeconfig of an API server that knows its Deployments, each with five instances."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = _answer(self.path.partition("?")[0])
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(found or {}).encode())

        def log_message(self, *_: object) -> None:
            """Nothing is written."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        here = {"server": f"http://127.0.0.1:{server.server_port}"}
        config = {
            "clusters": [{"name": "here", "cluster": here}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": ""}}],
            "current-context": "here",
        }
        (folder / "kubeconfig").write_text(yaml.safe_dump(config))
        try:
            yield folder / "kubeconfig"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(("mode", "wanted"), [("none", 2), ("cpu", AT_WORK)])
def test_an_upgrade_leaves_the_number_of_instances_to_what_scales_them(
    tmp_path: Path, mode: str, wanted: int
) -> None:
    one = ("--set", f"services.ledger.autoscaling.mode={mode},partitions=8,defaults.replicas=2")
    with _cluster(tmp_path) as kubeconfig:
        asking = ("--dry-run=server", "--kubeconfig", str(kubeconfig))
        done = charts.template("small", *one, *asking)
    assert done.returncode == 0, done.stderr
    found = [each for each in yaml.safe_load_all(done.stdout) if each]
    assert of_services(found)["arrears-ledger"]["spec"]["replicas"] == wanted
