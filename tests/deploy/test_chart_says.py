"""What the chart makes of its values."""

import base64
import re
from collections.abc import Sequence
from typing import Any

import pytest
import yaml

from arrears.message_map import handlers
from chassis.settings import Settings
from contracts.registry import MODELS
from tests.deploy import charts
from tests.deploy.charts import SERVICES, SETS, Manifest, of_kind, of_services, pods
from tests.deploy.known import settings_known

STOP_SECONDS_MAX = 20
SYSTEM = "/etc/ssl/certs/ca-certificates.crt"
NAME = re.compile(r"^ARREARS_[A-Z0-9_]+$")


def container(manifest: Manifest) -> Any:
    (only,) = manifest["spec"]["template"]["spec"]["containers"]
    return only


def settings_of(found: Sequence[Manifest], deployment: Manifest) -> dict[str, str]:
    """What the deployment's ConfigMap says."""
    reference = container(deployment)["envFrom"][0]["configMapRef"]["name"]
    data: dict[str, str] = of_kind(found, "ConfigMap")[reference]["data"]
    return data


@pytest.mark.parametrize("values", SETS)
def test_every_setting_is_one_that_the_services_read(values: str) -> None:
    named = {
        name
        for manifest in charts.manifests(values)
        for name in _names(manifest)
        if NAME.match(name)
    }
    assert len(named) >= 10
    assert named - settings_known() == set()


def _names(content: Any) -> set[str]:
    """Keys and names of variables anywhere in a manifest."""
    if isinstance(content, dict):
        found = {str(key) for key in content} | {str(content.get("name"))}
        return found.union(*(_names(each) for each in content.values()))
    if isinstance(content, list):
        return set().union(*(_names(each) for each in content))
    return set()


@pytest.mark.parametrize("values", SETS)
def test_no_pod_may_do_more_than_it_must(values: str) -> None:
    found = pods(charts.manifests(values))
    assert len(found) >= 2 * len(SERVICES)
    for spec in found.values():
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        for each in spec["containers"]:
            context = each["securityContext"]
            assert context["readOnlyRootFilesystem"] is True
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert context["seccompProfile"] == {"type": "RuntimeDefault"}
            assert {"requests", "limits"} <= each["resources"].keys()


@pytest.mark.parametrize("values", SETS)
def test_every_service_has_its_own_deployment_service_and_budget(values: str) -> None:
    found = charts.manifests(values)
    prefix = "collections" if values == "everything" else "arrears"
    deployments, budgets = of_services(found), of_kind(found, "PodDisruptionBudget")
    assert deployments.keys() == budgets.keys() == {f"{prefix}-{name}" for name in SERVICES}
    assert deployments.keys() <= of_kind(found, "Service").keys()
    for name in SERVICES:
        deployment = deployments[f"{prefix}-{name}"]
        assert container(deployment)["args"] == ["serve", name]
        kinds = ("port", "operations_port")
        ports = [Settings.model_fields[f"{name}_{kind}"].default for kind in kinds]
        assert [each["containerPort"] for each in container(deployment)["ports"]] == ports


def test_a_service_gets_its_own_database_and_no_other() -> None:
    deployments = of_services(charts.manifests("secured"))
    for name in SERVICES:
        named = {each["name"]: each for each in container(deployments[f"arrears-{name}"])["env"]}
        databases = {each for each in named if each.endswith("_DATABASE_URL")}
        own = f"ARREARS_{name.upper()}_DATABASE_URL"
        assert databases == {own}
        reference = named[own]["valueFrom"]["secretKeyRef"]
        assert reference == {"name": f"{name}-db-app", "key": "uri"}


def test_a_server_is_verified_by_its_own_authority_or_by_those_of_the_system() -> None:
    secured, small = charts.manifests("secured"), charts.manifests("small")
    for found, ca in ((secured, "/etc/arrears/postgres-ca/ca.crt"), (small, SYSTEM)):
        for deployment in of_services(found).values():
            settings = settings_of(found, deployment)
            assert settings["PGSSLMODE"] == "verify-full"
            assert settings["PGSSLROOTCERT"] == ca
    spec = of_services(secured)["arrears-legal"]["spec"]["template"]["spec"]
    mounted = {each["name"]: each for each in spec["volumes"]}
    assert mounted["postgres-ca"]["secret"]["secretName"] == "legal-db-ca"


@pytest.mark.parametrize("values", SETS)
def test_the_apis_are_called_at_the_services_of_the_release(values: str) -> None:
    found = charts.manifests(values)
    for deployment in of_services(found).values():
        settings = settings_of(found, deployment)
        for name in SERVICES:
            host = settings[f"ARREARS_{name.upper()}_URL"].removeprefix("http://")
            assert of_kind(found, "Service")[host]["spec"]["ports"][0]["port"] == 80


def test_secrets_given_as_values_are_in_no_config_map_or_deployment() -> None:
    found = charts.manifests("everything")
    given = ("postgres.example/arrears", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
    for manifest in found:
        if manifest["kind"] != "Secret":
            assert not any(secret in yaml.safe_dump(manifest) for secret in given)
    secret = of_kind(found, "Secret")["collections-ledger"]["stringData"]
    assert base64.b64decode(secret["ARREARS_KEK"]) == bytes(range(32))
    assert "ARREARS_DUNNING_DATABASE_URL" not in secret


@pytest.mark.parametrize("values", SETS)
def test_schemas_are_there_before_the_services(values: str) -> None:
    """A hook finds nothing of the release: all it needs comes with it, and before it."""
    found = [
        each
        for each in charts.manifests(values)
        if "pre-install" in each["metadata"].get("annotations", {}).get("helm.sh/hook", "")
    ]
    jobs = of_kind(found, "Job")
    ran = {tuple(container(job)["args"]) for job in jobs.values()}
    bus = {("migrate", "bus")} if values == "small" else set()
    assert ran == {("migrate", name) for name in SERVICES} | bus
    earlier = {
        (each["kind"], each["metadata"]["name"])
        for each in found
        if int(each["metadata"]["annotations"]["helm.sh/hook-weight"]) < 0
    }
    made_later = {
        (each["kind"], each["metadata"]["name"])
        for each in charts.manifests(values)
        if each not in found
    }
    for job in jobs.values():
        assert job["metadata"]["annotations"]["helm.sh/hook-weight"] == "0"
        account = job["spec"]["template"]["spec"]["serviceAccountName"]
        wanted = {("ServiceAccount", account)} | {
            ("Secret", source["secretRef"]["name"]) for source in container(job).get("envFrom", [])
        }
        assert wanted <= earlier
        for volume in job["spec"]["template"]["spec"]["volumes"]:
            name = volume.get("configMap", {}).get("name")
            assert ("ConfigMap", name) not in made_later


@pytest.mark.parametrize("mode", ["hook", "job"])
@pytest.mark.parametrize("values", SETS)
def test_a_job_that_migrates_is_told_of_its_database_alone(values: str, mode: str) -> None:
    found = charts.manifests(values, "--set", f"migrations.mode={mode}")
    secrets = of_kind(found, "Secret")
    for job in of_kind(found, "Job").values():
        named = {each["name"] for each in container(job)["env"] if "valueFrom" in each}
        for source in container(job).get("envFrom", []):
            named |= secrets[source["secretRef"]["name"]]["stringData"].keys()
        service = container(job)["args"][1].upper()
        bus = {"ARREARS_BUS_DATABASE_URL"} if values == "small" else set()
        assert named == {f"ARREARS_{service}_DATABASE_URL"} | bus


def test_without_hooks_another_image_is_another_job() -> None:
    as_jobs = ("--set", "migrations.mode=job")
    before = of_kind(charts.manifests("small", *as_jobs), "Job")
    after = of_kind(charts.manifests("small", *as_jobs, "--set-string", "image.tag=2"), "Job")
    assert len(before) == len(after) == len(SERVICES) + 1
    assert before.keys().isdisjoint(after)
    assert of_kind(charts.manifests("small", "--set", "migrations.mode=none"), "Job") == {}


@pytest.mark.parametrize("values", SETS)
def test_a_stop_has_the_time_that_it_takes(values: str) -> None:
    found = charts.manifests(values)
    for deployment in of_services(found).values():
        spec = deployment["spec"]["template"]["spec"]
        drain = int(settings_of(found, deployment)["ARREARS_DRAIN_SECONDS"])
        assert spec["terminationGracePeriodSeconds"] > drain + STOP_SECONDS_MAX
        rolling = deployment["spec"]["strategy"]["rollingUpdate"]
        assert rolling == {"maxUnavailable": 0, "maxSurge": 1}


@pytest.mark.parametrize("values", SETS)
def test_nothing_scales_a_service_that_something_else_scales(values: str) -> None:
    found = charts.manifests(values)
    by_cpu = {
        each["spec"]["scaleTargetRef"]["name"]
        for each in of_kind(found, "HorizontalPodAutoscaler").values()
    }
    by_lag = {
        each["spec"]["scaleTargetRef"]["name"] for each in of_kind(found, "ScaledObject").values()
    }
    assert by_cpu.isdisjoint(by_lag)
    fixed = {n for n, each in of_services(found).items() if "replicas" in each["spec"]}
    assert fixed == of_services(found).keys() - by_cpu - by_lag
    assert len(by_cpu) == {"large": 3, "everything": 1}.get(values, 0)
    assert len(by_lag) == {"everything": 3}.get(values, 0)


def test_lag_is_measured_on_the_topics_that_a_service_reads() -> None:
    all_by_lag = ("--set", "services.dunning.autoscaling.mode=lag")
    found = of_kind(charts.manifests("everything", *all_by_lag), "ScaledObject")
    topics: dict[str, set[str]] = {name: set() for name in SERVICES}
    for message, heard in handlers().items():
        for one in heard:
            topics[one.service].add(MODELS[message].TOPIC)
    for name in SERVICES:
        triggers = found[f"collections-{name}"]["spec"]["triggers"]
        assert {each["metadata"]["topic"] for each in triggers} == topics[name]
        assert {each["metadata"]["consumerGroup"] for each in triggers} == {f"arrears-{name}"}


def test_metrics_are_read_with_their_own_labels_and_by_nobody_outside() -> None:
    found = charts.manifests("everything")
    (monitor,) = of_kind(found, "ServiceMonitor").values()
    assert [each["honorLabels"] for each in monitor["spec"]["endpoints"]] == [True]
    (ingress,) = of_kind(found, "Ingress").values()
    (route,) = of_kind(found, "HTTPRoute").values()
    paths = [each["path"] for each in ingress["spec"]["rules"][0]["http"]["paths"]]
    matched = [each["path"]["value"] for each in route["spec"]["rules"][0]["matches"]]
    assert paths == matched == ["/v1"]


def test_rules_and_dashboards_are_every_file_beside_the_chart() -> None:
    found = charts.manifests("everything")
    rules = of_kind(found, "PrometheusRule")
    boards = of_kind(found, "ConfigMap")
    for file in (charts.CHART / "rules").glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        text = text.replace("docs/runbook.md", "https://runbooks.example/arrears")
        groups = yaml.safe_load(text)["groups"]
        assert rules.pop(f"collections-{file.stem}")["spec"]["groups"] == groups
    assert rules == {}
    for file in (charts.CHART / "dashboards").glob("*.json"):
        board = boards[f"collections-dashboard-{file.stem}"]["data"][file.name]
        assert board.strip() == file.read_text(encoding="utf-8").strip()


@pytest.mark.parametrize(
    ("values", "keys"),
    [
        ("small", ["kubernetes.io/hostname"]),
        ("large", ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]),
    ],
)
def test_instances_spread_over_zones_only_where_asked(values: str, keys: list[str]) -> None:
    """Nodes without the label of a soft constraint count for none of the others either."""
    spec = pods(charts.manifests(values))["Deployment/arrears-ledger"]
    assert [one["topologyKey"] for one in spec["topologySpreadConstraints"]] == keys


def test_who_was_erased_is_noted_on_a_volume_that_outlives_the_pod() -> None:
    more = ("--set", "operator.enabled=true,erasures.existingClaim=gone")
    found = charts.manifests("small", *more)
    with_it = set()
    for pod in pods(found).values():
        (only,) = pod["containers"]
        if {"name": "erasures", "mountPath": "/erasures"} in only.get("volumeMounts", ()):
            volume = {"name": "erasures", "persistentVolumeClaim": {"claimName": "gone"}}
            assert volume in pod["volumes"]
            reference = only["envFrom"][0]["configMapRef"]["name"]
            settings = of_kind(found, "ConfigMap")[reference]["data"]
            assert settings["ARREARS_ERASURES_FILE"].startswith("/erasures/")
            with_it.add(only["name"])
    assert with_it == {"ledger", "operator"}
