from pathlib import Path

import pytest

from chassis.store.migrate import migrate
from tests.support.processes import System

_PARTS = ["ledger", "dunning", "notifier", "legal", "bus"]


@pytest.fixture
def system(database: str, tmp_path: Path) -> System:
    return System(tmp_path, database_url=database)


async def test_schemas_are_compared_and_brought_to_this_version(
    system: System, database: str
) -> None:
    await migrate(database, "ledger")
    await migrate(database, "legal", to=("chassis_0007",))
    compared = system.arrears("migrate", "--check", "ledger", "legal")
    assert compared.returncode == 1
    assert "the legal schema is older than this version" in compared.stderr
    assert compared.stdout.startswith("ledger: right")
    refused = system.arrears("serve", "legal")
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    done = system.arrears("migrate")
    assert done.returncode == 0, done.stderr
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == _PARTS
    assert system.arrears("migrate", "--check").returncode == 0
