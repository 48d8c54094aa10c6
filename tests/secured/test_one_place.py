"""Connections are opened where they are secured, and nowhere else."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2]
OPENED = {
    r"asyncpg\.(connect|create_pool)\(": "chassis/postgres.py",
    r"ssl\.(create_default_context|SSLContext)\(|verify=False|CERT_NONE": "chassis/tls.py",
}

CLIENT = re.compile(r"AIOKafka(?:Consumer|Producer|AdminClient)(\([^)]*\))")
SPREAD = re.compile(r"\*\*([\w.]+)")


@pytest.mark.parametrize("pattern", OPENED)
def test_only_one_file_opens_them(pattern: str) -> None:
    files = [
        file for top in ("arrears", "chassis", "services") for file in (HERE / top).rglob("*.py")
    ]
    found = {str(file.relative_to(HERE)) for file in files if re.search(pattern, file.read_text())}
    assert found == {OPENED[pattern]}


def test_every_kafka_client_has_the_options_of_one_place() -> None:
    given = {
        f"{file.relative_to(HERE)}: {' '.join(SPREAD.findall(call))}"
        for top in ("arrears", "chassis", "services")
        for file in (HERE / top).rglob("*.py")
        for call in CLIENT.findall(file.read_text())
    }
    assert given == {
        "arrears/scenario/worlds.py: secured",
        "chassis/bus/kafka.py: self._common",
        "chassis/bus/kafka.py: self._common self._fetching",
        "chassis/bus/kafka.py: self._common self._producing",
    }
