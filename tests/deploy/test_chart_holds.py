"""The chart is what Helm, Kubernetes and those who look after clusters expect."""

import json
from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.deploy import charts
from tests.deploy.charts import SETS

# Kinds that operators define: no schema of Kubernetes has them.
DEFINED_BY_OPERATORS: dict[str, set[str]] = {
    "small": set(),
    "secured": set(),
    "large": {"HTTPRoute"},
    "everything": {"HTTPRoute", "ScaledObject", "ServiceMonitor", "TriggerAuthentication"},
}
if any((charts.CHART / "rules").glob("*.yaml")):
    DEFINED_BY_OPERATORS["everything"].add("PrometheusRule")
CRITICAL = 1


@pytest.mark.parametrize("values", SETS)
def test_helm_finds_nothing_to_complain_of(values: str) -> None:
    file = str(charts.HELM / f"values/{values}.yaml")
    done = charts.run("helm", "lint", "--strict", "--quiet", str(charts.CHART), "-f", file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stdout + done.stderr


@pytest.mark.parametrize("values", SETS)
def test_every_manifest_is_what_kubernetes_knows(values: str) -> None:
    without_schema = set()
    for manifest in charts.manifests(values):
        try:
            kubernetes_validate.validate(manifest, charts.KUBERNETES, strict=True)
        except kubernetes_validate.SchemaNotFoundError:
            without_schema.add(manifest["kind"])
    assert without_schema == DEFINED_BY_OPERATORS[values]


@pytest.mark.parametrize("values", SETS)
def test_kube_score_finds_nothing_critical(values: str) -> None:
    command = ("score", "--kubernetes-version", f"v{charts.KUBERNETES}", "--output-format", "json")
    done = charts.run("kube-score", *command, "-", given=charts.rendered(values))
    scored = json.loads(done.stdout)
    assert len(scored) >= 10
    found = [
        f"{each['object_name']}: {check['check']['name']}: {comment['summary']}"
        for each in scored
        for check in each["checks"]
        if check["grade"] == CRITICAL and not check["skipped"]
        for comment in check["comments"] or [{"summary": ""}]
    ]
    assert found == []


def test_the_schema_is_closed_and_every_value_is_in_it() -> None:
    schema = charts.values_schema()
    opened = [path for path, each in _objects(schema, "") if "additionalProperties" not in each]
    # What Kubernetes itself checks, and Helm's own.
    assert {path.rsplit("/", 1)[-1] for path in opened} <= {
        "anything",
        "global",
        "namespaceSelector",
        "podSelector",
    }
    values = yaml.safe_load((charts.CHART / "values.yaml").read_text(encoding="utf-8"))
    assert schema["properties"].keys() - values.keys() == {"global"}
    assert values.keys() <= schema["properties"].keys()
    assert values["defaults"].keys() == schema["$defs"]["service"]["properties"].keys()


def _objects(schema: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield path, schema
        for name, inner in schema.items():
            yield from _objects(inner, f"{path}/{name}")
    if isinstance(schema, list):
        for inner in schema:
            yield from _objects(inner, path)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("replica=3", "replica"),
        ("defaults.replica=3", "replica"),
        ("services.ledger.replicas=5", "partitions is 4"),
        ("kek.existingSecret=", "kek.existingSecret"),
        ("auth.oidcIssuer=", "auth.oidcIssuer"),
        ("auth.issuer=another", "auth.oidcIssuer is enough"),
        ("busDatabase.existingSecret=", "busDatabase.existingSecret"),
        ("services.legal.database.existingSecret=", "services.legal.database.existingSecret"),
        ("bus=kafka", "kafka.bootstrap"),
        ("services.ledger.autoscaling.mode=lag", "bus: kafka"),
        ("stop.drainSeconds=20", "stop.graceSeconds"),
        ("backup.enabled=true", "backup.existingClaim"),
        ("operator.enabled=true,services.legal.enabled=false", "all four services"),
        ("operator.enabled=true,services.legal.database.sslMode=require", "one sslMode"),
        ("httpRoute.enabled=true", "httpRoute.parentRefs"),
        ("settings.LOG_LEVEL=debug", "LOG_LEVEL"),
    ],
)
def test_values_that_cannot_work_are_refused(given: str, complaint: str) -> None:
    done = charts.template("small", "--set", given)
    assert done.returncode != 0
    assert complaint in done.stderr


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("monitoring.serviceMonitor.enabled=true", "monitoring.serviceMonitor.enabled"),
        ("monitoring.rules.enabled=true", "monitoring.rules.enabled"),
        ("services.legal.autoscaling.mode=lag,bus=kafka,kafka.bootstrap=k:9092", "KEDA"),
        ("httpRoute.enabled=true,httpRoute.parentRefs[0].name=public", "the Gateway API"),
    ],
)
def test_a_cluster_without_the_operator_of_a_kind_is_told_which_value_asks_for_it(
    given: str, complaint: str
) -> None:
    cluster = ("--api-versions", "apiregistration.k8s.io/v1")
    done = charts.template("small", "--set", f"{given},partitions=8", *cluster)
    assert done.returncode != 0
    assert complaint in done.stderr
    kinds = (
        "monitoring.coreos.com/v1/ServiceMonitor",
        "monitoring.coreos.com/v1/PrometheusRule",
        "keda.sh/v1alpha1/ScaledObject",
        "gateway.networking.k8s.io/v1/HTTPRoute",
    )
    known = [word for kind in kinds for word in ("--api-versions", kind)]
    done = charts.template("small", "--set", f"{given},partitions=8", *cluster, *known)
    assert done.returncode == 0, done.stderr
