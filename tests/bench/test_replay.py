"""What is replayed is what was stored, copies of it too, and a difference makes no figure."""

from pathlib import Path

import pytest

from arrears.databases import DATABASE
from bench import replay, replayer
from bench.meter import Usage
from bench.replay import figures
from bench.sides import at_once
from chassis import postgres
from chassis.servers.postgres import EmbeddedPostgres, database_url
from chassis.settings import SERVICES, Settings


def usage(events_per_second: float) -> Usage:
    return Usage(1000, 1000 / events_per_second, 1.0, 2.0)


def test_states_are_divided_by_the_pipe_of_the_same_run() -> None:
    found = figures(
        {
            ("ledger", "states"): [usage(30), usage(50), usage(40)],
            ("ledger", "views"): [usage(7)],
        },
        [usage(100), usage(80), usage(60)],
    )
    assert found == {
        "replay_ratio_ledger": 0.5,
        "replay_states_ledger_events_per_s": 40,
        "replay_states_ledger_cpu_us_per_event": 3000,
        "replay_views_ledger_events_per_s": 7,
        "replay_views_ledger_cpu_us_per_event": 3000,
        "bare_pipe_beside_events_per_s": 80,
    }


@pytest.mark.timeout(300)
async def test_lives_and_their_copies_are_replayed_without_a_difference(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path / "postgres", durable=False) as dsn:
        await replay.populate(tmp_path, number=1, copies=2)
        ours = database_url(dsn, DATABASE)
        settings = replayer.settings_for(tmp_path, ours, Settings().partitions)
        for name in SERVICES:
            for part in ("states", "views"):
                seen = await replayer.run(settings, name, part, at_once)
                assert seen.events > 3 * 10
        connection = await postgres.connect(ours)
        await connection.execute("update legal.state set version = version + 1")
        await connection.close()
        with pytest.raises(RuntimeError, match="state of legal"):
            await replayer.run(settings, "legal", "states", at_once)
