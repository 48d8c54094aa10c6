"""The pod for commands and the nightly backup: what they have, whom they reach."""

from collections.abc import Sequence
from typing import Any

import pytest

from chassis.settings import Settings
from tests.deploy import charts
from tests.deploy.charts import SERVICES, Manifest, of_kind, pods

WITH = {"secured": "arrears", "everything": "collections"}
DATABASES = {f"ARREARS_{name.upper()}_DATABASE_URL" for name in SERVICES}


def told(found: Sequence[Manifest], pod: str) -> dict[str, Any]:
    """The variables of a pod's only container."""
    (container,) = pods(found)[pod]["containers"]
    variables = {each["name"]: each["valueFrom"] for each in container.get("env", [])}
    for source in container["envFrom"]:
        if "configMapRef" in source:
            name = source["configMapRef"]["name"]
            variables |= of_kind(found, "ConfigMap")[name]["data"]
        else:
            name = source["secretRef"]["name"]
            variables |= of_kind(found, "Secret")[name]["stringData"]
    return variables


def test_both_are_off_unless_asked_for() -> None:
    found = charts.manifests("small")
    assert of_kind(found, "CronJob") == {}
    names = {each["metadata"]["name"] for each in found}
    assert not any(name.endswith(("-operator", "-backup")) for name in names)


@pytest.mark.parametrize("values", WITH)
def test_both_have_all_databases_and_the_operator_alone_the_key(values: str) -> None:
    found = charts.manifests(values)
    operator = told(found, f"Deployment/{WITH[values]}-operator")
    backup = told(found, f"CronJob/{WITH[values]}-backup")
    assert operator.keys() > backup.keys() - {"ARREARS_TOKEN"} >= DATABASES
    assert "ARREARS_KEK" in operator
    assert "ARREARS_KEK" not in backup
    served = told(found, f"Deployment/{WITH[values]}-legal")
    own = {"PGSSLROOTCERT", "ARREARS_KAFKA_USERNAME", "ARREARS_KAFKA_PASSWORD", *DATABASES}
    assert {n: v for n, v in served.items() if n not in own and operator[n] != v} == {}


def test_where_the_bus_is_embedded_both_have_its_database() -> None:
    on = ("--set", "operator.enabled=true,backup.enabled=true,backup.existingClaim=backups")
    found = charts.manifests("small", *on)
    for pod in ("Deployment/arrears-operator", "CronJob/arrears-backup"):
        assert told(found, pod).keys() >= {*DATABASES, "ARREARS_BUS_DATABASE_URL"}


def test_the_authorities_of_all_databases_are_put_together() -> None:
    found = charts.manifests("secured")
    spec = pods(found)["CronJob/arrears-backup"]
    (container,) = spec["containers"]
    volumes = {each["name"]: each.get("secret", {}).get("secretName") for each in spec["volumes"]}
    for name in SERVICES:
        assert volumes[f"postgres-ca-{name}"] == f"{name}-db-ca"
        assert f"/etc/arrears/postgres-ca-{name}/ca.crt" in container["args"][0]
    file = told(found, "CronJob/arrears-backup")["PGSSLROOTCERT"]
    assert f">{file}\n" in container["args"][0]


@pytest.mark.parametrize("values", WITH)
def test_backups_are_on_the_volume_that_is_named(values: str) -> None:
    found = charts.manifests(values)
    for pod in (f"Deployment/{WITH[values]}-operator", f"CronJob/{WITH[values]}-backup"):
        spec = pods(found)[pod]
        claims = {
            each["name"]: each["persistentVolumeClaim"]["claimName"]
            for each in spec["volumes"]
            if "persistentVolumeClaim" in each
        }
        assert claims["backups"] == {"secured": "arrears-backups", "everything": "backups"}[values]
        mounted = {
            each["name"]: each["mountPath"] for each in spec["containers"][0]["volumeMounts"]
        }
        assert mounted["backups"] == "/backups"


@pytest.mark.parametrize("values", WITH)
def test_the_operator_reaches_the_apis_and_the_backup_does_not(values: str) -> None:
    policies = of_kind(charts.manifests(values), "NetworkPolicy")
    component = "app.kubernetes.io/component"
    for name in SERVICES:
        rule, watched = policies[f"{WITH[values]}-{name}"]["spec"]["ingress"]
        (port,) = watched["ports"]
        assert port["port"] == Settings.model_fields[f"{name}_operations_port"].default
        callers = {
            each["podSelector"]["matchLabels"].get(component)
            for each in rule["from"]
            if "podSelector" in each
        }
        assert "operator" in callers
        assert "backup" not in callers
    reached = {
        name: {
            peer["podSelector"]["matchLabels"].get(component)
            for rule in policies[f"{WITH[values]}-{name}"]["spec"]["egress"]
            for peer in rule.get("to", [])
            if "matchLabels" in peer.get("podSelector", {})
        }
        for name in ("operator", "backup")
    }
    assert reached["operator"] - reached["backup"] == set(SERVICES)
