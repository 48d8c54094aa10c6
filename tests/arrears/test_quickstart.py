"""docs/quickstart.md, line by line, as a newcomer runs it: on ports and in a folder of the test."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.processes import ROOT, System, free_ports

PAGE = (ROOT / "docs/quickstart.md").read_text(encoding="utf-8")
SECONDS_MAX = 150


def blocks(kind: str) -> list[str]:
    found = re.findall(rf"^```{kind}\n(.+?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found, kind
    return found


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {**System(tmp_path).environment, "KAFKA_PORT": str(free_ports(1)[0])}


@contextmanager
def terminal(kind: str, environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """A terminal of its own, in which a block runs until it is interrupted."""
    (command,) = blocks(kind)
    with log.open("w") as said:
        process = subprocess.Popen(
            ["bash", "-euc", command],
            cwd=ROOT,
            env=environment,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    try:
        yield
        assert process.poll() is None, log.read_text()
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def run(script: str, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_first_invoice_leads_to_a_text_message_that_says_why(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with terminal("sh up", environment, tmp_path / "up.log"):
        said = run("\n".join(blocks("sh")), environment)
    assert '"status":"accepted"' in said
    assert "rejected" not in said
    assert "30.00" in said  # the text message
    assert '"owed":3000' in said
    assert re.search(r'"why": "step plate_seen on .*observation plate seen', said), said


@pytest.mark.kafka
def test_the_same_from_python_through_kafka(environment: dict[str, str], tmp_path: Path) -> None:
    script = Path(environment["ARREARS_DATA_DIR"] + "-kafka") / "second.py"
    ready = f"http://127.0.0.1:{environment['ARREARS_DUNNING_PORT']}/readyz"
    with terminal("sh kafka", environment, tmp_path / "kafka.log"):
        run(f"until grep -q 'Kafka on' {tmp_path}/kafka.log; do sleep 0.2; done", environment)
        with terminal("sh up-kafka", environment, tmp_path / "up.log"):
            run(f"until curl -fs {ready}; do sleep 0.2; done", environment)
            script.write_text(blocks("python")[0])
            said = run("\n".join(blocks("sh kafka-run")), environment)
    case, _ = json.JSONDecoder().raw_decode(said)
    assert (case["account"], case["owed"]) == ("B-67890", 4550)
    assert "45.50" in said
