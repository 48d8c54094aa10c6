"""`arrears lanes` as a person calls it."""

import asyncio
import os
import subprocess
from typing import Any

from tests.apart.conftest import PARTITIONS, Apart
from tests.support.processes import ARREARS


async def arrears(apart: Apart, where: int, *words: str, **more: str) -> Any:
    """Call the command with the settings of one of the databases."""
    settings = {
        "ARREARS_LEDGER_DATABASE_URL": apart.dsns[where],
        "ARREARS_DATA_DIR": str(apart.folder),
        "ARREARS_LEASE_SECONDS": "2",
    }
    return await asyncio.to_thread(
        subprocess.run,
        [*ARREARS, "lanes", *words],
        env={**os.environ, **settings, **more},
        capture_output=True,
        text=True,
        check=False,
    )


async def test_lanes_are_moved_and_listed_on_both_sides(apart: Apart) -> None:
    to = {"ARREARS_LANES_TO": apart.dsns[1]}
    moved = await arrears(apart, 0, "move", "ledger", "--lanes", "0,2-3", **to)
    assert moved.returncode == 0, moved.stderr
    assert moved.stdout.startswith("3 lanes of ledger are in ")
    here, there = [await arrears(apart, where, "list", "ledger") for where in (0, 1)]
    assert "lane 1: here, held by ledger-0-" in here.stdout
    assert f"1 of {PARTITIONS} lanes are here" in here.stdout
    assert "lane 0: here, held by nobody" in there.stdout
    assert f"3 of {PARTITIONS} lanes are here" in there.stdout
    for words, reason in (
        (("ledger", "--lanes", "4"), f"there are {PARTITIONS} lanes, from 0 on"),
        (("legal", "--lanes", "1"), "its lanes stay in one database"),
        (("ledger", "--lanes", "1-x"), "no number and no range"),
    ):
        refused = await arrears(apart, 0, "move", *words, **to)
        assert refused.returncode == 2
        assert reason in refused.stderr.replace("\n", " "), refused.stderr
