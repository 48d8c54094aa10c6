from pathlib import Path

import asyncpg
import pytest

from tests.support.processes import System

_OLDER = """
alter table legal.dead_letter_actions drop column creditor, drop column account;
update legal.alembic_version set version_num = 'chassis_0007'"""


@pytest.fixture
def system(database: str, tmp_path: Path) -> System:
    return System(tmp_path, database_url=database)


async def test_schemas_are_compared_and_brought_to_this_version(
    system: System, database: str
) -> None:
    done = system.arrears("migrate")
    assert done.returncode == 0, done.stderr
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == [
        "ledger",
        "dunning",
        "notifier",
        "legal",
        "bus",
    ]
    connection = await asyncpg.connect(database)
    await connection.execute(_OLDER)
    await connection.close()
    compared = system.arrears("migrate", "--check", "ledger", "legal")
    assert compared.returncode == 1
    assert "the legal schema is older than this version" in compared.stderr
    assert compared.stdout.startswith("ledger: right")
    refused = system.arrears("serve", "legal")
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "run `arrears migrate legal` first" in refused.stderr
    assert system.arrears("migrate", "legal").returncode == 0
    assert system.arrears("migrate", "--check").returncode == 0
