"""Services in two processes that share a database and a bus: an invoice becomes a notice."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chassis.settings import SERVICES
from tests.support.processes import System
from tests.support.topics import delete_topics
from tests.system.chain import PHONE, notice, send_an_overdue_invoice

PARTITIONS = 2


@pytest.fixture
def embedded(database: str, tmp_path: Path) -> System:
    return System(tmp_path, database_url=database, partitions=str(PARTITIONS))


@pytest.fixture
async def on_kafka(database: str, kafka_bootstrap: str, tmp_path: Path) -> AsyncIterator[System]:
    await delete_topics(kafka_bootstrap)
    yield System(
        tmp_path,
        database_url=database,
        partitions=str(PARTITIONS),
        bus="kafka",
        kafka_bootstrap=kafka_bootstrap,
    )
    await delete_topics(kafka_bootstrap)


@pytest.fixture(params=["embedded", pytest.param("on_kafka", marks=pytest.mark.kafka)])
def system(request: pytest.FixtureRequest) -> System:
    found: System = request.getfixturevalue(request.param)
    return found


def test_an_invoice_becomes_a_notice_across_processes(system: System) -> None:
    assert system.arrears("migrate").returncode == 0
    with system.running("serve ledger dunning", "serve notifier legal"):
        ready = {name: system.readiness(name)["lanes"] for name in SERVICES}
        assert ready == {name: list(range(PARTITIONS)) for name in SERVICES}
        send_an_overdue_invoice(system)
        assert f"To: {PHONE}" in notice(system)
    for path in (system.folder / "data").rglob("*"):  # another user of the machine sees none
        assert not path.lstat().st_mode & (0o077 if path.is_file() else 0o066), path


def test_a_process_of_one_service_leaves_the_ports_of_the_others(embedded: System) -> None:
    assert embedded.arrears("migrate").returncode == 0
    with embedded.running("serve ledger", "serve legal", "serve dunning", "serve notifier"):
        assert all(embedded.readiness(name) for name in SERVICES)


def test_a_service_nobody_knows_is_named(embedded: System) -> None:
    refused = embedded.arrears("serve", "ledger", "leger")
    assert refused.returncode == 2
    assert "no service is called 'leger'" in refused.stderr
