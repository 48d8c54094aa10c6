"""`compose.yaml` runs the four services apart, with settings that they read."""

import os
import re
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
import yaml

from chassis.servers.postgres import EmbeddedPostgres
from chassis.servers.postgres_host import binary
from chassis.settings import SERVICES, Settings
from tests.deploy import charts
from tests.deploy.known import settings_known
from tests.support.processes import ARREARS

# What the services themselves do not read.
OWN = {"READY"}
PASSWORD = "not-told"


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
    beside = Settings.model_fields[f"{name}_operations_port"].default
    assert found["ports"] == [f"127.0.0.1:{each}:{each}" for each in (port, beside)]
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


def test_the_server_makes_the_databases_when_it_is_new() -> None:
    mounted = containers()["postgres"]["volumes"]
    assert "./compose/databases.sh:/docker-entrypoint-initdb.d/databases.sh:ro" in mounted


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[str]:
    """The folder of the socket of a server of its own, on which the script has run: other tests
    make roles of the same names.
    """
    async with EmbeddedPostgres(tmp_path / "postgres", durable=False) as dsn:
        parts = urlsplit(dsn)
        host = parse_qs(parts.query)["host"][0]
        psql = binary("psql")
        told = {"PGHOST": host, "POSTGRES_USER": str(parts.username), "ARREARS_PASSWORD": PASSWORD}
        environment = {**os.environ, **told, "PATH": f"{psql.parent}:{os.environ['PATH']}"}
        _run(environment, str(charts.TOP / "deploy/compose/databases.sh"))
        yield host


def _run(environment: Mapping[str, str], *command: str) -> None:
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def here(url: str, host: str) -> str:
    """A database's URL of the file, on the test's server."""
    named = url.replace("${ARREARS_PASSWORD}", PASSWORD)
    return f"{named.replace('@postgres/', '@/')}?host={host}"


async def test_every_role_makes_its_own_schema_and_sees_no_others_database(
    made: str, tmp_path: Path
) -> None:
    told = containers()["migrate"]["environment"]
    urls = {name: here(told[name], made) for name in databases("migrate")}
    more = {"ARREARS_DATA_DIR": str(tmp_path), "PYTHONPATH": str(charts.TOP)}
    environment = {**os.environ, "ARREARS_BUS": told["ARREARS_BUS"], **urls, **more}
    _run(environment, *ARREARS, *containers()["migrate"]["command"])
    ledger = urls["ARREARS_LEDGER_DATABASE_URL"]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(ledger.replace("/arrears_ledger?", "/arrears_dunning?"))


@pytest.mark.parametrize("name", SERVICES)
def test_each_container_finds_the_apis_of_all(name: str) -> None:
    told = containers()[name]["environment"]
    for other in SERVICES:
        port = Settings.model_fields[f"{other}_port"].default
        assert told[f"ARREARS_{other.upper()}_URL"] == f"http://{other}:{port}"


def test_images_of_others_are_named_by_digest() -> None:
    images = {each["image"] for each in containers().values()} - {"localhost/arrears"}
    assert len(images) == 2
    for image in images:
        assert re.fullmatch(r"[\w./-]+:[\w.]+@sha256:[0-9a-f]{64}", image), image


def test_no_secret_has_a_default() -> None:
    """Whoever sets none gets no start, and no password that everybody knows."""
    text = (charts.TOP / "deploy/compose.yaml").read_text(encoding="utf-8")
    named = set(re.findall(r"\$\{(\w*(?:PASSWORD|KEK|SECRET|TOKEN)\w*)", text))
    assert named >= {"POSTGRES_PASSWORD", "ARREARS_PASSWORD", "ARREARS_KEK"}
    for name in named:
        assert f"${{{name}:?" in text, name
        assert not re.search(rf"\$\{{{name}:?-", text), name
    values = yaml.safe_load((charts.TOP / "deploy/helm/arrears/values.yaml").read_text("utf-8"))
    secrets = [*_secrets(values)]
    assert len(secrets) > 4
    assert [one for one in secrets if one[1]] == []


def _secrets(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """What the chart would take as a secret, with its default."""
    for name, each in node.items() if isinstance(node, dict) else ():
        yield from _secrets(each, f"{path}.{name}")
        if name in {"existingSecret", "secretSettings"} or (
            name == "value" and re.search("password|secret|kek", path, re.IGNORECASE)
        ):
            yield f"{path}.{name}", each
