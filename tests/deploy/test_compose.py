"""`compose.yaml` runs the four services apart, with settings that they read."""

from functools import cache
from typing import Any

import pytest
import yaml

from chassis.settings import SERVICES, Settings
from tests.deploy import charts
from tests.deploy.known import settings_known

# What the services themselves do not read.
OWN = {"READY"}


@cache
def containers() -> dict[str, Any]:
    content = yaml.safe_load((charts.TOP / "deploy/compose.yaml").read_text(encoding="utf-8"))
    found: dict[str, Any] = content["services"]
    return found


def databases(name: str) -> set[str]:
    return {each for each in containers()[name]["environment"] if each.endswith("DATABASE_URL")}


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_a_container_a_port_and_a_database_of_its_own(name: str) -> None:
    found = containers()[name]
    assert found["command"] == ["serve", name]
    port = Settings.model_fields[f"{name}_port"].default
    assert found["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert found["environment"]["READY"] == f"http://127.0.0.1:{port}/readyz"
    assert databases(name) == {f"ARREARS_{name.upper()}_DATABASE_URL"}
    url = found["environment"][f"ARREARS_{name.upper()}_DATABASE_URL"]
    assert url == (f"postgresql://arrears_{name}:${{ARREARS_PASSWORD}}@postgres/arrears_{name}")


@pytest.mark.parametrize("name", [*SERVICES, "migrate"])
def test_a_container_is_told_only_what_the_services_read(name: str) -> None:
    assert containers()[name]["environment"].keys() - settings_known() <= OWN


def test_the_schemas_are_there_before_the_services() -> None:
    migrate = containers()["migrate"]
    assert migrate["command"] == ["migrate"]
    assert databases("migrate") == set.union(*(databases(name) for name in SERVICES))
    for name in SERVICES:
        waits = containers()[name]["depends_on"]
        assert waits["migrate"] == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("name", [*SERVICES, "migrate"])
def test_no_container_may_do_more_than_it_must(name: str) -> None:
    found = containers()[name]
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges:true"]


def test_the_server_makes_the_databases_that_the_services_are_told() -> None:
    script = (charts.TOP / "deploy/compose/databases.sh").read_text(encoding="utf-8")
    assert f"for service in {' '.join(SERVICES)}; do" in script
    assert "arrears_$service" in script
    mounted = containers()["postgres"]["volumes"]
    assert "./compose/databases.sh:/docker-entrypoint-initdb.d/databases.sh:ro" in mounted
